// Lines of a workspace's sources by their marks, `// in count`.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const workspaces = fileURLToPath(new URL('../workspaces/', import.meta.url));

export function lineIn(file, mark) {
  const lines = fs.readFileSync(path.join(workspaces, file), 'utf8').split('\n');
  const found = lines.flatMap((text, i) => (text.endsWith(`// ${mark}`) ? [i + 1] : []));
  assert.equal(found.length, 1, `mark "${mark}" in ${file}`);
  return found[0];
}
