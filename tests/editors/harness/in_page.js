// Runs in VS Code's page before anything of it: reads off the screen what the tests want to know. `seen` is what they call.
window.seen = (() => {
  const isShown = (element) => element.getClientRects().length > 0;
  const editors = () => [...document.querySelectorAll('.editor-instance .monaco-editor')].filter(isShown);

  // The number beside which an element of an editor stands.
  function lineOf(editor, element) {
    const { top, height } = element.getBoundingClientRect();
    const middle = top + height / 2;
    const number = [...editor.querySelectorAll('.margin-view-overlays .line-numbers')].find((candidate) => {
      const box = candidate.getBoundingClientRect();
      return box.top <= middle && box.bottom > middle;
    });
    return number && Number(number.textContent);
  }

  const fileOf = (editor) => editor.closest('.editor-group-container')?.querySelector('.tab.active')?.dataset.resourceName;

  // Lines that an element stands on, by a selector of it.
  const linesOf = (selector) => editors().flatMap((editor) =>
    [...editor.querySelectorAll(selector)].map((element) => lineOf(editor, element)).filter((line) => line !== undefined));

  // A row of the quick pick that is clicked closes it, as many other things do.
  let chosenRows = 0;
  document.addEventListener('click', ({ target }) => {
    chosenRows += target.closest?.('.quick-input-list .monaco-list-row') ? 1 : 0;
  }, true);

  return {
    get chosenRows() {
      return chosenRows;
    },

    // { file, line } of the topmost frame, or of the frame that is looked at.
    yellowLine() {
      for (const editor of editors()) {
        const mark = editor.querySelector('.view-overlays .debug-top-stack-frame-line, .view-overlays .debug-focused-stack-frame-line');
        if (mark) {
          return { file: fileOf(editor), line: lineOf(editor, mark) };
        }
      }
      return undefined;
    },

    // Measures from the next F5 to the first frame with the yellow line at a place: timeToYellow.ms, once it is there.
    timeToYellow(file, line) {
      const { timeToYellow, yellowLine } = window.seen;
      timeToYellow.ms = undefined;
      addEventListener('keydown', () => {
        const start = performance.now();
        const look = () => {
          const at = yellowLine();
          if (at?.file === file && at.line === line) {
            timeToYellow.ms = performance.now() - start;
          } else {
            requestAnimationFrame(look);
          }
        };
        requestAnimationFrame(look);
      }, { capture: true, once: true });
    },

    breakpointLines: () => linesOf('.glyph-margin-widgets [class*="codicon-debug-breakpoint"]:not([class*="hint"])'),

    lineBox(line) {
      for (const editor of editors()) {
        for (const number of editor.querySelectorAll('.margin-view-overlays .line-numbers')) {
          if (number.textContent.trim() === String(line)) {
            const { top, height } = number.getBoundingClientRect();
            return { top, height, left: editor.querySelector('.margin').getBoundingClientRect().left };
          }
        }
      }
      return undefined;
    },

    // The text of a line with what is shown behind it.
    lineText(line) {
      const texts = editors().flatMap((editor) => [...editor.querySelectorAll('.view-lines .view-line')].filter((text) => lineOf(editor, text) === line));
      return texts[0]?.textContent.replace(/\u00a0/g, ' ');
    },

    disassembly: () => [...document.querySelectorAll('.disassembly-view .monaco-list-row')].sort((a, b) => a.dataset.index - b.dataset.index).map((row) => {
      const [, address, bytes, instruction] = /^Address: (\w+), (?:Bytes: ([\da-f ]+), )?Instruction: (.*)$/.exec(row.getAttribute('aria-label')) ?? [];
      return { address, bytes, instruction, source: row.querySelector('.sourcecode')?.textContent.trim(),
        isCurrent: row.querySelector('[class*="codicon-debug-stackframe"]') !== null, isBreakpoint: row.querySelector('[class*="codicon-debug-breakpoint"]') !== null };
    }),

    // The middle of a word in a line, where the mouse has to be for its hover.
    wordBox(line, word) {
      for (const editor of editors()) {
        for (const text of editor.querySelectorAll('.view-lines .view-line')) {
          if (lineOf(editor, text) !== line) {
            continue;
          }
          const walker = document.createTreeWalker(text, NodeFilter.SHOW_TEXT);
          for (let node = walker.nextNode(); node; node = walker.nextNode()) {
            const found = new RegExp(`(^|[^\\w$])(${word})(?!\\w)`).exec(node.data);
            if (found) {
              const range = document.createRange();
              const start = found.index + found[1].length;
              range.setStart(node, start);
              range.setEnd(node, start + word.length);
              const box = range.getBoundingClientRect();
              return { x: box.left + box.width / 2, y: box.top + box.height / 2 };
            }
          }
        }
      }
      return undefined;
    },

    pausedText: () => [...document.querySelectorAll('.debug-viewlet .call-stack-state-message .label, .debug-viewlet .debug-call-stack .state.label')]
      .filter(isShown).map((label) => label.textContent).join('\n'),

    sessionCount() {
      const toolbar = [...document.querySelectorAll('.debug-toolbar')].find(isShown);
      return toolbar ? toolbar.querySelector('select')?.options.length ?? 1 : 0;
    },

    terminalText: (selector) => [...document.querySelectorAll(selector)].filter(isShown)
      .map((rows) => [...rows.children].map((row) => row.textContent.replace(/\u00a0/g, ' ').trimEnd()).join('\n')).join('\n'),

    // The rows of a tree on the screen, each with its level; `cells` names what is read of each.
    tree: (selector, cells) => [...document.querySelectorAll(`${selector} .monaco-list-row`)]
      .sort((a, b) => a.dataset.index - b.dataset.index)
      .map((row) => ({
        id: row.id,
        level: Number(row.getAttribute('aria-level')),
        isExpanded: row.getAttribute('aria-expanded') === 'true',
        canExpand: row.hasAttribute('aria-expanded'),
        isSelected: row.classList.contains('selected'),
        label: row.getAttribute('aria-label') ?? '',
        ...Object.fromEntries(Object.entries(cells).map(([name, cell]) => [name, row.querySelector(cell)?.textContent])),
      }))
      .map((row) => ({ ...row, name: row.name?.replace(/\s*[=:]$/, '') })),

    // The row of a tree that a path of names leads to: each the first of that name below the one before.
    treeRow(selector, cells, names) {
      const rows = window.seen.tree(selector, cells);
      let at = -1;
      for (const [depth, name] of names.entries()) {
        const level = depth === 0 ? undefined : rows[at].level + 1;
        let next = at + 1;
        while (next < rows.length && !(rows[next].name === name && (level === undefined || rows[next].level === level))) {
          if (level !== undefined && rows[next].level < level) {
            return undefined;
          }
          next++;
        }
        if (next === rows.length) {
          return undefined;
        }
        at = next;
      }
      return rows[at];
    },
  };
})();
