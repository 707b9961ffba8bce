pin "application"
pin_all_from "app/javascript/board", under: "board"

# Built from the npm package by `npm run build`, see package.json.
pin "@durable-streams/client", to: "durable-streams-client.js"
