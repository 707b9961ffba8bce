pin "application"
pin_all_from "app/javascript/board", under: "board"
