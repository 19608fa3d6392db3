// The configurations that docs/editors.md gives, word for word: what is documented is what the tests try.
import assert from 'node:assert/strict';
import fs from 'node:fs';

const DOCS = new URL('../../docs/editors.md', import.meta.url);

// The code blocks in `language` of the section of an editor, without their indentation.
export function documented(editor, language) {
  const section = fs.readFileSync(DOCS, 'utf8').split(/^## /m).find((it) => it.startsWith(`${editor}\n`));
  const blocks = [...(section ?? '').matchAll(new RegExp(`^( *)\`\`\`${language}\\n([^]*?)^\\1\`\`\`$`, 'gm'))];
  assert.ok(blocks.length > 0, `docs/editors.md has blocks in ${language} for ${editor}`);
  return blocks.map(([, indentation, text]) => text.replaceAll(new RegExp(`^${indentation}`, 'gm'), ''));
}
