import assert from 'node:assert/strict';
import { test } from 'node:test';
import { languages } from '../src/languages';
import { expressionAt } from '../src/sourceExpression';
import { outline } from '../src/sourceTokens';

const c = languages.get('c')!;
const rust = languages.get('rust')!;

const names = (source: string, id = 'cpp'): string => outline(source, languages.get(id)!).words.map(({ name }) => name).join(' ');
const functions = (source: string, id = 'cpp'): (readonly [number, number])[] =>
  outline(source, languages.get(id)!).functions.map(({ begin, end }) => [begin, end] as const);

test('variables are words that are no keyword, member, call, tag or text', () => {
  assert.equal(names('int total = first + obj.member->next * f(arg) + arr[i].x;'), 'total first obj arg arr i');
  assert.equal(names('struct node *head = &nodes[0]; goto out; std::string text = ns::value;'), 'head nodes text');
  assert.equal(names('a = "b \\" c" + \'d\' + \'\\\'\' + L"e" + u8R"x(f " )" g)x" + h; // i'), 'a L h');
  assert.equal(names('a /* b\n c */ = 1e+5 + 0x1fp-3 + 1\'000 + .5f + 1.0;'), 'a');
  assert.equal(names('static_cast<int>(x); max<int>(y, z); a < b;'), 'x y z a b');
  assert.equal(names('#define A b \\\n  c\n#if D /* e\n f */\ng\n#endif'), 'g');
  assert.equal(names('übung = naïve$1;'), 'übung naïve$1');
});

test('lines and columns are those of the source', () => {
  assert.deepEqual(outline('/* \n */ a\n\n"x\\\ny" + \n  b', c).words,
    [{ name: 'a', line: 1, column: 4 }, { name: 'b', line: 5, column: 2 }]);
});

test('Rust: lifetimes, characters, raw strings, nested comments, macros, attributes', () => {
  assert.equal(names("fn f<'a>(x: &'a str) { let c = 'y'; let d = '\\u{1F600}'; z }", 'rust'), 'x c d z');
  assert.equal(names('a = r#"b " c"# ; /* d /* e */ f */ g; println!("{}", h); vec![i]; let s = "j\nk"; l', 'rust'), 'a g h i s l');
  assert.equal(names('#[derive(Debug)] #![allow(x)] m += Foo::bar(n) + self.o.0;', 'rust'), 'm n self');
});

test('Zig, D, Swift and Odin', () => {
  assert.equal(names('const x = @import("std"); const t =\n  \\\\ no words "\n; y', 'zig'), 'x t y');
  assert.equal(names('auto a = `b "c` ~ r"d\\"; e = "f\ng" ; h', 'd'), 'a e h');
  assert.equal(names('let a = """\nb " c\n"""; @objc var d = 1 /* e /* f */ g */', 'swift'), 'a d');
  assert.equal(names('#partial switch a { case b: c = `d` }', 'odin'), 'a b c');
});

test('functions are known from header to brace', () => {
  assert.deepEqual(functions('int a;\nstatic int\nf(int x)\n{\n  if (x) {\n  }\n}\nint g() { return 1; }'), [[1, 6], [7, 7]]);
  assert.deepEqual(functions('namespace n {\nclass A : public B<decltype(f())> {\n  int m() const {\n  }\n};\n}\nextern "C" {\nvoid f() {\n}\n}'),
    [[2, 3], [7, 8]]);
  assert.deepEqual(functions('template <class T, typename U>\nT f(T x) {\n  for (;;) {\n  }\n'), [[0, Infinity]]);
  assert.deepEqual(functions('enum e f(struct s x) {\n}\nstruct s { int a; };'), [[0, 1]]);
  assert.deepEqual(functions('#[test]\nimpl<F: Fn(i32)> A<F> {\n  fn m(x: impl Fn()) {\n    let y = |z| { z };\n  }\n}', 'rust'), [[2, 4]]);
});

test('braces that #if and #else open twice do not swallow the functions behind', () => {
  assert.deepEqual(functions('int f() {\n#if A\n  if (a) {\n#else\n  if (b) {\n#endif\n  }\n}\nint g() {\n}\n'), [[0, 7], [8, 9]]);
  assert.deepEqual(functions('namespace n {\nint f() {\n}\nint g() {\n}\n}\nint h() {\n}'), [[1, 2], [3, 4], [6, 7]]);
});

test('broken and hostile sources end', () => {
  for (const source of ['"', "'", '/*', 'R"x(', '#[', '}', '}}}{{{(((', '"\\', '#define x \\', '"""', '`', "'\\", 'r#"'])
    for (const language of languages.values())
      outline(source, language);
});

test('a hostile source takes no quadratic time', () => {
  // Of the processor, which others may keep busy: seconds are far above what it takes, and far below what the square would.
  const begun = process.cpuUsage();
  outline(`${'{('.repeat(100_000)}${'a<b '.repeat(100_000)}${'\n'.repeat(250_000)}${'x '.repeat(250_000)}`, c);
  assert(process.cpuUsage(begun).user < 15e6);
});

/** `[` and `]` in the text are around what is to be found for the word at `|`. */
function pointed(text: string, language = c): void {
  const column = text.replace(/[«»]/g, '').indexOf('|');
  const line = text.replace(/[«»|]/g, '');
  const plain = text.replace('|', '');
  const expected = plain.includes('«') ? plain.slice(plain.indexOf('«') + 1, plain.indexOf('»')) : undefined;
  const found = expressionAt(line, column, language);
  assert.equal(found && line.slice(found.begin, found.end), expected, text);
}

test('an expression is pointed at with what it is a member of', () => {
  pointed('x = «a.b->|c»[i].d;');
  pointed('x = «a.b->c[i].|d»;');
  pointed('x = a.b->c[«|i»].d;');
  pointed('x = «|a».b->c[i].d;');
  pointed('x = «(*p).|y»;');
  pointed('return «((struct s *)p)->|y»;');
  pointed('x = «::g::|v» + 1;');
  pointed('x = «m[i][j + 1]. |k»;');
  pointed('x = «a[b[c].d].|e»;');
  pointed('y = «|value»;');
  pointed('self.«|x»'.replace('self.«', '«self.'), rust);
  pointed('«t.|0» + 1', rust);
  pointed('«x == y, |z»'.replace('«x == y, ', 'x == y, «'));
  pointed('x = «a[i <= j].|e»;');
});

test('nothing is evaluated that calls, changes, or is no variable', () => {
  for (const text of ['f(a).|b', 'a[i++].|b', 'a[i = 2].|b', 'a[f(1)].|b', 'f<int>(a)->|b', 'x = 1|2;', '|return x;', '"a |b"', '// |a', '-> |b', 'v[0](x).|c'])
    pointed(text);
});
