// A list of calls and groups to tick, into which a rule may be typed as well.
import * as vscode from 'vscode';
import type { SyscallList } from './protocol';
import { isRule, picksOf, ruleMistake, ruleOf } from './rules';

interface CallItem extends vscode.QuickPickItem {
  /** `openat`, `%file`, `all`. */
  readonly call?: string;
  readonly rule?: string;
}

export interface CallPickerOptions {
  readonly title: string;
  readonly placeholder: string;
  /** What is ticked first: a rule; undefined: nothing. */
  readonly rule: string | undefined;
  /** The call at which the program stands: it comes first. */
  readonly current?: string | undefined;
  readonly list: SyscallList;
  /** Uses the rule; null: nothing is chosen. What it throws is shown in the list, which stays open. */
  accept(rule: string | null): Promise<void>;
}

function heading(label: string): CallItem {
  return { label, kind: vscode.QuickPickItemKind.Separator };
}

function callItems({ syscalls, groups }: SyscallList): CallItem[] {
  return [
    heading('groups'),
    { label: 'all', call: 'all', description: 'Every call' },
    ...groups.map(({ name, description }) => ({ label: `%${name}`, call: `%${name}`, description })),
    heading('calls'),
    ...syscalls.map(({ name, number, arguments: names }) => ({ label: name, call: name, description: `${number}  (${names.join(', ')})` })),
  ];
}

function ruleItem(rule: string, typed: boolean): CallItem {
  return { label: typed ? `Use the rule “${rule}”` : rule, rule, description: typed ? '' : 'rule', alwaysShow: typed };
}

/** Resolves when the list is closed, to whether a choice was accepted. */
export function pickCalls(options: CallPickerOptions): Promise<boolean> {
  const { list } = options;
  const picks = picksOf(options.rule, list);
  const picker = vscode.window.createQuickPick<CallItem>();
  const base = [...(picks.rules.length > 0 ? [heading('rules'), ...picks.rules.map((rule) => ruleItem(rule, false))] : []), ...callItems(list)];
  const isPicked = ({ call, rule }: CallItem): boolean =>
    call !== undefined && picks.calls.includes(call) || rule !== undefined && picks.rules.includes(rule);
  let typed: CallItem | undefined;

  // What is chosen comes first, so that it is seen without scrolling.
  const chosen = base.filter((item) => item.call !== undefined && isPicked(item));
  const current = base.filter(({ call }) => call !== undefined && call === options.current);
  const first = [...chosen.length > 0 ? [heading('chosen now'), ...chosen] : [], ...current.length > 0 ? [heading('here'), ...current] : []];
  const items = [...first, ...base.filter((item) => !first.includes(item))];
  const show = (problem?: string): void => {
    const selected = picker.selectedItems.filter((item) => items.includes(item));
    const shown = typed && problem !== undefined ? { ...typed, detail: `$(error) ${problem}` } : typed;
    typed = shown;
    picker.items = shown ? [shown, ...items] : items;
    picker.selectedItems = shown ? [shown, ...selected] : selected;
  };

  picker.title = options.title;
  picker.placeholder = options.placeholder;
  picker.canSelectMany = true;
  picker.matchOnDescription = true;
  picker.ignoreFocusOut = true;
  picker.items = items;
  const initial = items.filter(isPicked);
  picker.selectedItems = initial;
  picker.onDidChangeValue((value) => {
    const rule = value.trim();
    const was = typed;
    typed = isRule(rule, list) ? ruleItem(rule, true) : undefined;
    if (was || typed)
      show();
  });

  return new Promise((resolve) => {
    let isAccepted = false;
    picker.onDidAccept(async () => {
      // Who types a name and presses Enter without ticking anything means that name.
      const isUntouched = picker.selectedItems.length === initial.length && picker.selectedItems.every((item) => initial.includes(item));
      const named = isUntouched ? items.filter(({ call }) => call !== undefined && call === picker.value.trim()) : [];
      const selected = [...new Set([...picker.selectedItems, ...named])];
      const rules = selected.flatMap((item) => item.rule ?? []);
      const typedFirst = typed?.rule !== undefined && rules.includes(typed.rule) ? [typed.rule, ...rules] : rules;
      const rule = ruleOf({ calls: selected.flatMap(({ call }) => call ?? []), rules: [...new Set(typedFirst)] });
      picker.busy = true;
      picker.enabled = false;
      try {
        await options.accept(rule);
        isAccepted = true;
        picker.hide();
      } catch (error) {
        const problem = ruleMistake(error);
        picker.enabled = true;
        if (typed)
          show(problem);
        else
          void vscode.window.showErrorMessage(problem);
      } finally {
        picker.busy = false;
      }
    });
    picker.onDidHide(() => {
      picker.dispose();
      resolve(isAccepted);
    });
    picker.show();
  });
}
