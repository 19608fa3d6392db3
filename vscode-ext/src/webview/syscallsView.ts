// The Syscalls view as it is painted. It knows the rows on the screen; calls, filter and sessions are the extension's matter.
import type { EmptyReason, FromView, SummaryText, ToView, ViewState } from '../syscalls/messages';
import { element, setAttribute, setText } from './dom';
import { RowList } from './rowList';
import './syscallsView.css';

declare function acquireVsCodeApi(): { postMessage(message: FromView): void };

const { postMessage } = acquireVsCodeApi();

/** At most so often is the screen painted anew while calls come. */
const PAINT_INTERVAL_MS = 60;

// ---- tools ---------------------------------------------------------------------------------------------------------------

const session = element('select', { id: 'session', title: 'The session whose calls are shown', ariaLabel: 'Session' });
const sessionLine = element('div', { className: 'line' }, session);
const rule = element('input', {
  id: 'rule', type: 'text', spellcheck: false, placeholder: 'Trace: every call; or a rule: %file,!close', ariaLabel: 'Rule of the calls to trace',
  title: 'Which calls to trace, as a rule: openat,read; %network; openat if $errno == ENOENT. Empty: every call. Enter applies it.',
});
const apply = element('button', { textContent: 'Apply', title: 'Trace the calls of this rule (Enter)', hidden: true });
const ruleProblem = element('div', { id: 'ruleProblem', className: 'problem', role: 'alert', hidden: true });
const filter = element('input', {
  id: 'filter', type: 'text', spellcheck: false, placeholder: 'Filter: words, !words, %file', ariaLabel: 'Filter of the calls to show',
  title: 'Which of the traced calls to show. All words must occur, none of those with ! before them; "words in quotes" together. ' +
    'A word with % or a comma is a set of calls: %file or openat,read.',
});
const errors = element('button', { textContent: 'Errors', title: 'Show failed calls only', ariaPressed: 'false' });
const summary = element('button', { textContent: 'Summary', title: 'Show counts, errors and times of each call', ariaPressed: 'false' });
const filterProblem = element('div', { id: 'filterProblem', className: 'problem', role: 'alert', hidden: true });

// ---- the middle ----------------------------------------------------------------------------------------------------------

const list = new RowList({
  window: (from, count, isFollowing) => postMessage({ type: 'window', from, count, isFollowing }),
  select: (number) => postMessage({ type: 'select', number }),
  open: (number) => postMessage({ type: 'open', number }),
  copy: (number) => postMessage({ type: 'copy', number }),
});
const summaryBody = element('tbody');
const summaryTable = element('div', { className: 'summary', tabIndex: 0, hidden: true }, element('table', { ariaLabel: 'Summary of system calls' },
  element('thead', {}, element('tr', {}, ...['Call', 'Calls', 'Errors', 'Time', 'Average'].map((text) => element('th', { scope: 'col', textContent: text })))),
  summaryBody));
const emptyText = element('p');
const emptyButton = element('button', { className: 'main' });
const empty = element('div', { className: 'empty', hidden: true }, emptyText, emptyButton);

// ---- below ---------------------------------------------------------------------------------------------------------------

const detailsLine = element('code');
const detailsNote = element('div');
const details = element('div', { className: 'details', role: 'status', tabIndex: 0, hidden: true }, detailsLine, detailsNote);
const status = element('div', { className: 'status' });

document.body.append(
  element('div', { className: 'tools', role: 'toolbar', ariaLabel: 'Trace and filter' }, sessionLine,
    element('div', { className: 'line' }, rule, apply), ruleProblem,
    element('div', { className: 'line' }, filter, errors, summary), filterProblem),
  element('main', {}, list.element, summaryTable, empty), details, status);

// ---- from the user -------------------------------------------------------------------------------------------------------

let ruleInUse = '';
let isTracing = false;
let emptyReason: EmptyReason | undefined;

const sendFilter = (): void => postMessage({ type: 'filter', text: filter.value, areErrorsOnly: errors.ariaPressed === 'true', selected: list.selected });
const sendRule = (): void => postMessage({ type: 'trace', rule: rule.value.trim() });
const showApply = (): void => {
  apply.hidden = rule.value.trim() === ruleInUse || !isTracing;
};

rule.addEventListener('input', showApply);
rule.addEventListener('keydown', ({ key }) => {
  if (key === 'Enter') {
    sendRule();
  } else if (key === 'Escape') {
    rule.value = ruleInUse;
    showApply();
  }
});
apply.addEventListener('click', sendRule);
filter.addEventListener('input', sendFilter);
filter.addEventListener('keydown', ({ key }) => {
  if (key === 'Escape' && filter.value !== '') {
    filter.value = '';
    sendFilter();
  } else if (key === 'ArrowDown') {
    list.element.focus();
  }
});
errors.addEventListener('click', () => {
  errors.ariaPressed = String(errors.ariaPressed !== 'true');
  sendFilter();
});
summary.addEventListener('click', () => postMessage({ type: 'summary', isShown: summary.ariaPressed !== 'true' }));
session.addEventListener('change', () => postMessage({ type: 'session', id: session.value }));
emptyButton.addEventListener('click', () => {
  if (emptyReason === 'filtered') {
    filter.value = '';
    errors.ariaPressed = 'false';
    sendFilter();
  } else {
    sendRule();
  }
});

// ---- from the extension --------------------------------------------------------------------------------------------------

const emptyWords: Record<EmptyReason, { text: string; button?: string }> = {
  noSession: { text: 'Shows the system calls of a program that is debugged with ptdap: what it asks of the kernel, and what it gets. ' +
    'Tracing makes each traced call slower; a rule limits it to some.', button: 'Trace the Next Session' },
  willTrace: { text: 'The next session will be traced. Start debugging (F5) to see its system calls here.' },
  notTraced: { text: 'System calls are not traced. Tracing makes each traced call slower; a rule limits it to some.', button: 'Start Tracing' },
  ended: { text: 'The session has ended.', button: 'Trace the Next Session' },
  waiting: { text: 'Traced; no call has returned yet.' },
  filtered: { text: 'No call matches the filter.', button: 'Clear Filter' },
};

function showProblem(place: HTMLElement, field: HTMLInputElement, problem: string | undefined): void {
  place.hidden = problem === undefined;
  setText(place, problem ?? '');
  setAttribute(field, 'aria-invalid', problem === undefined ? null : 'true');
  setAttribute(field, 'aria-describedby', problem === undefined ? null : place.id);
}

function showSessions({ sessions, session: shown }: ViewState): void {
  sessionLine.hidden = sessions.length < 2;
  const names = sessions.map(({ name }) => name);
  if ([...session.options].map(({ text }) => text).join('\n') !== names.join('\n'))
    session.replaceChildren(...sessions.map(({ id, name }) => element('option', { value: id, textContent: name })));
  if (shown !== undefined)
    session.value = shown;
}

function showSummary(rows: readonly SummaryText[] | undefined): void {
  summary.ariaPressed = String(rows !== undefined);
  summaryTable.hidden = rows === undefined;
  summaryBody.replaceChildren(...(rows ?? []).map(({ name, calls, errors: failed, total, average }) => element('tr', {},
    ...[name, calls, failed, total, average].map((text, i) => element('td', { textContent: text, className: i === 2 ? 'errors' : '' })))));
}

function showEmpty(reason: EmptyReason | undefined): void {
  emptyReason = reason;
  empty.hidden = reason === undefined;
  if (reason === undefined)
    return;
  const { text, button } = emptyWords[reason];
  setText(emptyText, text);
  emptyButton.hidden = button === undefined;
  setText(emptyButton, button ?? '');
}

function showRule(state: ViewState): void {
  const isEdited = rule.value.trim() !== ruleInUse;
  if (state.rule !== ruleInUse && !(isEdited && document.activeElement === rule) || !isEdited)
    rule.value = state.rule;
  ruleInUse = state.rule;
  isTracing = state.isTracing;
  showApply();
  showProblem(ruleProblem, rule, state.ruleProblem);
}

let isFirst = true;

function showState(state: ViewState): void {
  showSessions(state);
  showRule(state);
  if (isFirst) {
    filter.value = state.filter;
    errors.ariaPressed = String(state.areErrorsOnly);
  }
  isFirst = false;
  showProblem(filterProblem, filter, state.filterProblem);
  showSummary(state.summary);
  const isEmpty = state.empty !== undefined && (state.empty !== 'filtered' || state.summary === undefined);
  showEmpty(isEmpty ? state.empty : undefined);
  if (isEmpty)
    summaryTable.hidden = true;
  list.element.hidden = isEmpty || state.summary !== undefined;
  setText(status, state.status);
  list.update(state);
  if (list.selected === undefined || state.summary !== undefined)
    details.hidden = true;
}

addEventListener('message', ({ data }: MessageEvent<ToView>) => {
  if (data.type === 'details') {
    details.hidden = data.number !== list.selected;
    setText(detailsLine, data.line);
    setText(detailsNote, data.note);
    return;
  }
  showState(data);
  requestAnimationFrame(() => setTimeout(() => postMessage({ type: 'painted' }), PAINT_INTERVAL_MS));
});
postMessage({ type: 'ready' });
