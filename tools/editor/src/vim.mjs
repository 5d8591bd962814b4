// Vim's keys, for who asks for them.
import { Vim, vim } from "@replit/codemirror-vim";

// `:w` saves.
export function keys(save) {
  Vim.defineEx("write", "w", save);
  return vim();
}
