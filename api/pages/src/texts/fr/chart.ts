/** A patient's chart and files, in French. */

import type { Like } from "../catalogue";
import type { chart as english } from "../en/chart";

export const chart: Like<typeof english> = {
  "chart.open": "Dossier",
  "chart.openLong": "Dossier de {name}",
  "chart.heading": "Dossier de {name}",
  "chart.visits": "Consultations",
  "chart.noVisits": "Pas encore de consultations.",
  "chart.there": "Présents : {names}",
  "chart.saidYes": "{name} a accepté l’enregistrement : {scopes}.",
  "chart.saidNo": "{name} a refusé : {scopes}.",
  "chart.scope.audio": "voix",
  "chart.scope.video": "image",
  "chart.scope.transcript": "transcription",
  "chart.scope.ai": "notes rédigées par un programme",
  "chart.filed": "Classé ici : {names}",
  "chart.export": "Exporter avec tous les reçus",
  "chart.files": "Fichiers",
  "chart.noFiles": "Pas encore de fichiers.",
  "chart.download": "Télécharger",
  "chart.downloadLong": "Télécharger {name}",
  "chart.delete": "Supprimer",
  "chart.deleteLong": "Supprimer {name}",
  "chart.deleteText": "Il disparaît pour de bon, pour tout le monde.",
  "chart.deleted": "Le fichier est supprimé.",
  "chart.under": "Classer sous",
  "chart.noVisit": "aucune consultation",
  "chart.add": "Ajouter des fichiers",
  "chart.addHint":
    "Images (JPEG, PNG, WebP) et PDF, 50 Mo au plus chacun. Le lieu et le moment d’une photo en sont retirés.",
  "chart.sending": "Envoi…",
  "chart.added": "Les fichiers sont dans le dossier.",

  "clinic.problem.active_content":
    "Ce PDF contient un programme, un formulaire qui en est un, ou d’autres fichiers. Imprimez-le en un nouveau PDF et ajoutez celui-ci.",
  "clinic.problem.content_lost":
    "Le contenu du fichier est illisible. Prévenez qui gère ce serveur.",
  "clinic.problem.cut_off": "Le fichier a été coupé en route. Ajoutez-le de nouveau.",
  "clinic.problem.damaged_file":
    "Ce fichier est abîmé ou incomplet. Ajoutez de nouveau l’original.",
  "clinic.problem.disk_full": "Le serveur n’a plus de place pour le fichier. Prévenez qui le gère.",
  "clinic.problem.file_too_large": "Ce fichier dépasse 50 Mo. Réduisez-le.",
  "clinic.problem.folder_full": "Ce dossier est plein. Supprimez d’abord quelques fichiers.",
  "clinic.problem.locked_file":
    "Ce PDF est fermé par un mot de passe. Enregistrez-le sans mot de passe.",
  "clinic.problem.moving_picture": "Cette image bouge. Enregistrez la seule vue qui compte.",
  "clinic.problem.no_space":
    "Les fichiers de la clinique occupent toute la place prévue. Supprimez-en, ou demandez-en plus.",
  "clinic.problem.too_complex":
    "L’examen de ce fichier prend trop de temps. Imprimez-le en un nouveau PDF, ou réduisez l’image.",
  "clinic.problem.too_many_files":
    "D’autres fichiers sont en route. Attendez {wait} secondes, puis réessayez.",
  "clinic.problem.too_many_pixels": "Cette image a trop de pixels. Réduisez-la.",
  "clinic.problem.too_slow":
    "Le fichier a mis trop de temps à venir. Réessayez avec une meilleure connexion.",
  "clinic.problem.two_types":
    "Quelque chose est caché dans ce fichier ou suit sa fin. Enregistrez-le de nouveau comme simple image ou PDF.",
  "clinic.problem.wrong_type":
    "Les fichiers sont JPEG, PNG, WebP ou PDF. Enregistrez-le ainsi, ou imprimez-le en PDF.",

  "permission.fhir.read": "lire en FHIR ce qu’il peut voir",
  "permission.files.change": "ajouter des fichiers de patients",
  "permission.files.read": "voir les fichiers des patients",
};
