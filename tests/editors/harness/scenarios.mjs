// Scenarios share one VS Code, whose start takes seconds. Each begins with no session, no breakpoint and no editor, and leaves no process.
import fs from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { ARTEFACTS, VSCode } from './vscode.mjs';

const fileName = (text) => text.toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '').slice(0, 60);

// scenarios(NAME, options of VSCode.start and prepare(code), (scenario) => { scenario('what is true', async (code, step) => ...) })
// step('what is to be seen') keeps a picture. `skip` is a reason not to run them.
export function scenarios(name, { prepare, skip, ...options }, define) {
  if (skip) {
    define((title) => test(title, { skip }));
    return;
  }
  const artefacts = path.join(ARTEFACTS, name);
  let code;

  before(async () => {
    fs.rmSync(artefacts, { recursive: true, force: true });
    code = await VSCode.start({ ...options, artefacts });
    await prepare?.(code);
  }, { timeout: 600_000 });
  after(() => code?.end(), { timeout: 120_000 });

  const scenario = (title, run) => {
    // Throws why it failed, with everything kept under the name of this try.
    const attempt = async (prefix) => {
      let count = 0;
      const step = (what) => code.screenshot(`${prefix}.${String(++count).padStart(2, '0')}-${fileName(what)}`);
      await code.beginTrace();
      let failure;
      let hasRun = false;
      try {
        await run(code, step);
        await code.workbench.reset();
        hasRun = true;
        code.assertNoDebuggee();
      } catch (error) {
        failure = error;
        failure.isFinal = hasRun;
        await code.screenshot(`${prefix}.failed`).catch(() => {});
        await code.keepLogs(`${prefix}.failed`).catch(() => {});
      }
      await code.endTrace(failure ? `${prefix}.failed` : undefined);
      if (failure) {
        await code.recover();
        failure.message = `${failure.message}\n(pictures, trace and logs: ${path.join(artefacts, prefix)}.*)`;
        throw failure;
      }
    };
    test(title, { timeout: 900_000 }, async (t) => {
      const prefix = fileName(title);
      try {
        await attempt(prefix);
      } catch (failure) {
        if (failure.isFinal) {
          throw failure;   // a process was left behind
        }
        // The browser and VS Code may lose a key or a click on a busy machine. What is wrong in the product is wrong the second time, too.
        t.diagnostic(`failed, and is tried once more: ${failure.message}`);
        await attempt(`${prefix}.again`);
      }
    });
  };
  define(scenario);
}
