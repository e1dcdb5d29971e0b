/** A patient's chart and files, in Spanish. */

import type { Like } from "../catalogue";
import type { chart as english } from "../en/chart";

export const chart: Like<typeof english> = {
  "chart.open": "Historia",
  "chart.openLong": "Historia de {name}",
  "chart.heading": "Historia de {name}",
  "chart.visits": "Consultas",
  "chart.noVisits": "Aún no hay consultas.",
  "chart.there": "Estuvieron: {names}",
  "chart.saidYes": "{name} aceptó que se grabe: {scopes}.",
  "chart.saidNo": "{name} dijo que no a: {scopes}.",
  "chart.scope.audio": "voz",
  "chart.scope.video": "imagen",
  "chart.scope.transcript": "transcripción",
  "chart.scope.ai": "notas redactadas por un programa",
  "chart.filed": "Archivado aquí: {names}",
  "chart.export": "Exportar con todos los recibos",
  "chart.files": "Archivos",
  "chart.noFiles": "Aún no hay archivos.",
  "chart.download": "Descargar",
  "chart.downloadLong": "Descargar {name}",
  "chart.delete": "Borrar",
  "chart.deleteLong": "Borrar {name}",
  "chart.deleteText": "Se borra para siempre y para todos.",
  "chart.deleted": "El archivo está borrado.",
  "chart.under": "Archivar en",
  "chart.noVisit": "ninguna consulta",
  "chart.add": "Añadir archivos",
  "chart.addHint":
    "Imágenes (JPEG, PNG, WebP) y PDF, hasta 50 MB cada uno. Dónde y cuándo se hizo una foto se quita de ella.",
  "chart.sending": "Enviando…",
  "chart.added": "Los archivos están en la carpeta.",

  "clinic.problem.active_content":
    "Este PDF contiene un programa, un formulario que lo es u otros archivos. Imprímalo en un PDF nuevo y añada ese.",
  "clinic.problem.content_lost":
    "El contenido del archivo no se puede leer. Avise a quien lleva este servidor.",
  "clinic.problem.cut_off": "El archivo se cortó por el camino. Añádalo otra vez.",
  "clinic.problem.damaged_file":
    "Este archivo está dañado o incompleto. Añada otra vez el original.",
  "clinic.problem.disk_full": "El servidor no tiene sitio para el archivo. Avise a quien lo lleva.",
  "clinic.problem.file_too_large": "Este archivo pasa de 50 MB. Redúzcalo.",
  "clinic.problem.folder_full": "Esta carpeta está llena. Borre antes algunos archivos.",
  "clinic.problem.locked_file": "Este PDF está cerrado con una contraseña. Guárdelo sin ella.",
  "clinic.problem.moving_picture": "Esta imagen se mueve. Guarde el fotograma que importa.",
  "clinic.problem.no_space":
    "Los archivos de la clínica ocupan todo el sitio que hay para ellos. Borre algunos o pida más.",
  "clinic.problem.too_complex":
    "Examinar este archivo lleva demasiado. Imprímalo en un PDF nuevo o reduzca la imagen.",
  "clinic.problem.too_many_files":
    "Otros archivos están en camino. Espere {wait} segundos y pruebe otra vez.",
  "clinic.problem.too_many_pixels": "Esta imagen tiene demasiados píxeles. Redúzcala.",
  "clinic.problem.too_slow":
    "El archivo tardó demasiado en llegar. Pruebe otra vez con una conexión mejor.",
  "clinic.problem.two_types":
    "Hay algo escondido en este archivo o detrás de su final. Guárdelo de nuevo como simple imagen o PDF.",
  "clinic.problem.wrong_type":
    "Los archivos son JPEG, PNG, WebP o PDF. Guárdelo como uno de estos o imprímalo en PDF.",

  "permission.fhir.read": "leer como FHIR lo que puede ver",
  "permission.files.change": "añadir archivos de pacientes",
  "permission.files.read": "ver archivos de pacientes",
};
