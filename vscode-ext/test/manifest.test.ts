// package.json, which nothing compiles: what it names is there.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { test } from 'node:test';

interface Named {
  readonly command: string;
}
interface Manifest {
  readonly icon: string;
  readonly contributes: {
    readonly commands: readonly (Named & { readonly icon?: string | Readonly<Record<string, string>> })[];
    readonly menus: Readonly<Record<string, readonly Named[]>>;
    readonly keybindings: readonly Named[];
    readonly configuration: { readonly properties: Readonly<Record<string, { readonly markdownDescription?: string; readonly type?: unknown }>> };
    readonly walkthroughs: readonly { readonly steps: readonly { readonly description: string; readonly media: { readonly markdown: string } }[] }[];
    readonly debuggers: readonly { readonly variables: Readonly<Record<string, string>>; readonly languages: readonly string[] }[];
    readonly breakpoints: readonly { readonly language: string }[];
  };
}

const { icon, contributes } = JSON.parse(readFileSync('package.json', 'utf8')) as Manifest;
const source = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'))
  .map((name) => readFileSync(`src/${name}`, 'utf8')).join('\n');
const commands = new Set(contributes.commands.map(({ command }) => command));

// A feature may put the begin of the name before it, so that the last part decides.
test('every command is registered, and menus, keys and texts name commands that exist', () => {
  for (const command of commands)
    assert(new RegExp(`ommand\\('(?:[\\w.]+\\.)?${command.split('.').at(-1)}'`).test(source), `${command} is not registered`);
  const named = [...Object.values(contributes.menus).flat(), ...contributes.keybindings].map(({ command }) => command);
  const linked = contributes.walkthroughs.flatMap(({ steps }) => steps).flatMap(({ description }) => [...description.matchAll(/command:(ptdap\.[\w.]+)/g)]);
  for (const command of [...named, ...linked.map((match) => match[1]!), ...contributes.debuggers.flatMap(({ variables }) => Object.values(variables))])
    assert(commands.has(command), `${command} is not contributed`);
});

// VS Code takes the name of a variable of the debugger, or of any command.
test('every ${command:...} of configurations, snippets and texts can be run', () => {
  const variables = new Set([...Object.keys(contributes.debuggers[0]!.variables), ...commands]);
  assert(variables.has('pickProcess') && variables.has('ptdap.pickProcess'));
  for (const file of ['package.json', 'README.md', '../README.md', '../docs/editors.md', '../docs/launch.md']) {
    const text = readFileSync(file, 'utf8');
    for (const [, name] of text.matchAll(/\$\{command:([\w.]+)\}/g))
      assert(variables.has(name!), `${file}: \${command:${name}} is no variable and no command`);
  }
  for (const [, name] of source.matchAll(/\$\{command:([\w.]+)\}/g))
    assert(variables.has(name!), `src: \${command:${name}} is no variable and no command`);
});

test('pictures and texts that are named exist', () => {
  const icons = contributes.commands.flatMap((command) => (typeof command.icon === 'object' ? Object.values(command.icon) : []));
  const texts = contributes.walkthroughs.flatMap(({ steps }) => steps).map(({ media }) => media.markdown);
  const inReadme = [...readFileSync('README.md', 'utf8').matchAll(/!\[[^\]]*\]\(([^)]+)\)/g)].map((match) => match[1]!);
  for (const file of [icon, ...icons, ...texts, ...inReadme])
    assert(existsSync(file), `${file} does not exist`);
});

test('every setting is described, read, and in the README', () => {
  const readme = readFileSync('README.md', 'utf8');
  for (const [name, { markdownDescription, type }] of Object.entries(contributes.configuration.properties)) {
    assert(markdownDescription && type, `${name} has no description, or no type`);
    assert(source.includes(`'${name.replace(/^ptdap\./, '')}'`), `${name} is not read`);
    assert(readme.includes(`\`${name}\``), `${name} is not in README.md`);
  }
});

test('breakpoints can be set in every language that offers the debugger', () => {
  const withBreakpoints = new Set(contributes.breakpoints.map(({ language }) => language));
  assert.deepEqual(contributes.debuggers[0]!.languages.filter((language) => !withBreakpoints.has(language)), []);
});
