"""Those who carry text messages: how each is asked, and how each tells of them."""
