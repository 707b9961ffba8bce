import "durable_streams"
import { mountBoard } from "board/board_page"
import { mountPost } from "board/post_page"

const pages = { board: mountBoard, post: mountPost }
const main = document.querySelector("main")

pages[main.dataset.page]?.(main)
