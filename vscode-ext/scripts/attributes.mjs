// The attributes of launch and attach in package.json, made of the adapter's own table:
//   node scripts/attributes.mjs PTDAP            writes them
//   node scripts/attributes.mjs --check PTDAP    fails if they are not what would be written
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';

const manifest = fileURLToPath(new URL('../package.json', import.meta.url));
const [flag, program] = process.argv[2] === '--check' ? process.argv.slice(2) : [undefined, process.argv[2]];
if (!program)
  throw new Error('usage: attributes.mjs [--check] PTDAP');

const strings = { type: 'array', items: { type: 'string' } };

/** What the table does not say: what is inside of lists and objects, by the name of the attribute. */
const inside = {
  args: { items: { type: 'string' } },
  env: {
    additionalProperties: { type: ['string', 'null'] },
    items: { anyOf: [{ type: 'string' }, { type: 'object', required: ['name'], properties: { name: { type: 'string' }, value: { type: ['string', 'null'] } } }] },
  },
  stdio: { items: { type: ['string', 'null'] } },
  syscalls: {
    additionalProperties: false,
    properties: {
      trace: {
        type: 'string',
        markdownDescription: 'Rules of the calls to trace without stopping: `openat,read`, `%file,!close`, `openat if $errno != 0`, several with `;` ' +
          'between them. `""` is every call.',
        defaultSnippets: [{ label: '%file', body: '%file' }, { label: '%network', body: '%network' }],
      },
      stop: { type: 'string', markdownDescription: 'Rules of the calls to stop at, written as in `trace`, beside those of the breakpoints view.' },
      inject: {
        ...strings,
        markdownDescription: 'Makes calls fail, return something else, wait, or bring a signal: `write:error=ENOSPC:when=3`, `read:retval=0`, ' +
          '`connect:delay_enter=20ms`, `read:signal=SIGUSR1 if $arg.fd == 0`.',
      },
      summary: { type: 'boolean', default: false, markdownDescription: 'A table at the end: calls, errors and time of what is traced; without `trace` of every call.' },
      file: { type: 'string', markdownDescription: 'The traced calls and the table also go to this file.' },
      events: {
        type: 'boolean', doNotSuggest: true,
        markdownDescription: 'Traced calls go to the client as events, and no longer to the Debug Console. The Syscalls view uses this.',
      },
    },
  },
  sourceMap: { additionalProperties: { type: 'string' }, items: { type: ['object', 'array'] } },
};

function schema(attribute) {
  const { name, type, enum: choices, default: preset, hasEffect, description } = attribute;
  const made = type.length < 6 ? { type: type.length === 1 ? type[0] : type } : {};  // all six: anything
  if (choices)
    made.enum = choices;
  if (preset !== undefined)
    made.default = preset;
  made.markdownDescription = `${description.replace(/[:;] docs\/\S+\.md/g, '').replace(/\.$/, '')}.`;
  if (!hasEffect)
    made.doNotSuggest = true;
  return { ...made, ...inside[name] };
}

/** No attribute is `required`: the extension asks for the program and the process that are not given. */
function ofRequest(table, request) {
  const properties = {};
  for (const attribute of table.filter(({ requests }) => requests.includes(request))) {
    const made = schema(attribute);
    properties[attribute.name] = made;
    for (const alias of attribute.aliases) {
      properties[alias] = { ...made, markdownDescription: `Another name of \`${attribute.name}\`.`, doNotSuggest: true };
      delete properties[alias].default;
    }
  }
  return { properties };
}

/** The table lists the members of `syscalls` in its description. */
function checkInside(table) {
  for (const name of Object.keys(inside))
    if (!table.some((attribute) => attribute.name === name))
      throw new Error(`attributes.mjs describes what is inside of ${name}, which is no attribute`);
  const told = /\{([^}]*)\}/.exec(table.find(({ name }) => name === 'syscalls').description)[1].split(', ');
  if (!isDeepStrictEqual(told, Object.keys(inside.syscalls.properties)))
    throw new Error(`the members of syscalls are ${told}: describe them in attributes.mjs`);
}

const table = JSON.parse(execFileSync(program, ['--help-launch=json'], { encoding: 'utf8' })).attributes;
checkInside(table);
const made = { launch: ofRequest(table, 'launch'), attach: ofRequest(table, 'attach') };
const contents = JSON.parse(readFileSync(manifest, 'utf8'));
const debuggerOfOurs = contents.contributes.debuggers[0];
if (flag) {
  if (!isDeepStrictEqual(debuggerOfOurs.configurationAttributes, made)) {
    console.error('package.json does not have the attributes of the adapter. Run: node vscode-ext/scripts/attributes.mjs build/dev/ptdap');
    process.exitCode = 1;
  }
} else {
  debuggerOfOurs.configurationAttributes = made;
  writeFileSync(manifest, `${JSON.stringify(contents, null, 2)}\n`);
}
