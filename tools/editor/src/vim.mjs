// Vim's keys, for who wants them.
export { vim } from "@replit/codemirror-vim";
