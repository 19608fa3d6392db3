import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkValue, checkWhen, describeInjection, injectionText } from '../src/syscalls/injection';
import { callsOfSet, isRule, picksOf, ruleOf, splitRules } from '../src/syscalls/rules';
import { list } from './syscallList';

test('rules are separated by semicolons outside quotes', () => {
  assert.deepEqual(splitRules('openat;  read @return ;'), ['openat', 'read @return']);
  assert.deepEqual(splitRules('openat if $arg.pathname == "a;b\\";c"; close'), ['openat if $arg.pathname == "a;b\\";c"', 'close']);
  assert.deepEqual(splitRules("write if $arg[0] == ';'"), ["write if $arg[0] == ';'"]);
  assert.deepEqual(splitRules('openat if path("open; close'), ['openat if path("open; close']);
  assert.deepEqual(splitRules(' ; '), []);
});

test('plain sets become ticks, all else stays as it was typed', () => {
  assert.deepEqual(picksOf(undefined, list), { calls: [], rules: [] });
  assert.deepEqual(picksOf('', list), { calls: ['all'], rules: [] });
  assert.deepEqual(picksOf('openat, %file; close', list), { calls: ['openat', '%file', 'close'], rules: [] });
  assert.deepEqual(picksOf('%%stat', list), { calls: ['%%stat'], rules: [] });
  assert.deepEqual(picksOf('%file,!close; read; openat @return', list), { calls: ['read'], rules: ['%file,!close', 'openat @return'] });
  assert.deepEqual(picksOf('nosuch', list), { calls: [], rules: ['nosuch'] });
});

test('ticks become a rule', () => {
  assert.equal(ruleOf({ calls: [], rules: [] }), null);
  assert.equal(ruleOf({ calls: ['openat', '%file'], rules: [] }), 'openat,%file');
  assert.equal(ruleOf({ calls: ['openat', 'all'], rules: [] }), 'all');
  assert.equal(ruleOf({ calls: ['read'], rules: ['openat if $errno == ENOENT', '#3'] }), 'openat if $errno == ENOENT; #3; read');
});

test('what was in use survives being shown and accepted', () => {
  for (const rule of ['openat,%file', 'all', 'openat if $arg.pathname == "a;b"; close @return; read'])
    assert.equal(ruleOf(picksOf(rule, list)), rule);
});

test('a rule is told from a word that is looked for', () => {
  for (const rule of ['openat,read', 'openat if $errno', 'read@return', '/^open', '!close', '#3', '257'])
    assert(isRule(rule, list), rule);
  for (const word of ['open', '', '%file', '99999'])
    assert(!isRule(word, list), word);
});

test('a set is taken from the left', () => {
  const names = (text: string): string[] => [...callsOfSet(text, list, assert.fail)].sort();
  assert.deepEqual(names('openat,read'), ['openat', 'read']);
  assert.deepEqual(names('%file'), ['openat', 'stat']);
  assert.deepEqual(names('%file,!stat'), ['openat']);
  assert.deepEqual(names('!%file'), ['close', 'read']);
  assert.deepEqual(names('257'), ['openat']);
  assert.deepEqual(names('all,!close'), ['openat', 'read', 'stat']);
  assert.deepEqual(names('openat,none,read'), ['read']);
  assert.deepEqual(names('%%stat'), ['stat']);
  const problems: string[] = [];
  callsOfSet('openat,nosuch,%none', list, (problem) => problems.push(problem));
  assert.deepEqual(problems, ['There is no system call “nosuch”.', 'There is no group “%none”.']);
});

test('an injection: the set, the effect, which of the calls, the condition', () => {
  const enoent = { kind: 'error', value: 'ENOENT' } as const;
  assert.equal(injectionText({ rule: 'openat', effect: enoent }), 'openat:error=ENOENT');
  assert.equal(injectionText({ rule: 'openat, read', effect: enoent, when: '3' }), 'openat,read:error=ENOENT:when=3');
  assert.equal(injectionText({ rule: 'write if $arg.fd == 2', effect: { kind: 'retval', value: '0' }, when: '2+' }),
    'write:retval=0:when=2+ if $arg.fd == 2');
  assert.equal(injectionText({ rule: '%network', effect: { kind: 'delay_enter', value: '20ms' } }), '%network:delay_enter=20ms');
});

test('mistakes in values are told before they are sent', () => {
  for (const [kind, value] of [['error', 'ENOENT'], ['error', '4095'], ['retval', '-7'], ['retval', '0x10'], ['signal', 'USR1'], ['signal', 'SIGRTMIN+1'],
    ['signal', '10'], ['delay_exit', '100'], ['delay_enter', '1.5s']] as const)
    assert.equal(checkValue(kind, value), undefined, `${kind}=${value}`);
  for (const [kind, value] of [['error', 'noent'], ['error', '0'], ['error', '4096'], ['retval', 'x'], ['signal', 'usr 1'], ['delay_exit', '1 h'],
    ['delay_enter', '']] as const)
    assert.match(checkValue(kind, value) ?? '', /\.$/, `${kind}=${value}`);
  for (const when of ['3', '2+', '1..4', '1+2', '1..9+4', '10'])
    assert.equal(checkWhen(when), undefined, when);
  for (const when of ['', '0', '0+', 'x', '3..', '1.4', '+2'])
    assert.match(checkWhen(when) ?? '', /counted from 1/, when);
});

test('an injection in words', () => {
  const words = (when?: string): string =>
    describeInjection({ rule: 'openat', effect: { kind: 'error', value: 'ENOENT' }, ...(when === undefined ? {} : { when }) });
  assert.equal(words(), 'Each call of openat fails with ENOENT and is not made.');
  assert.match(words('1'), /^The first call of openat fails/);
  assert.match(words('2'), /^The 2nd call/);
  assert.match(words('11'), /^The 11th call/);
  assert.match(words('23'), /^The 23rd call/);
  assert.match(words('2+'), /^Each call from the 2nd on of openat/);
  assert.match(words('1+2'), /^Of the calls 1\+2, each of openat/);
});
