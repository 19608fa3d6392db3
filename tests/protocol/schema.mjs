// The protocol's types as JSON schemas, made from the .d.ts of @vscode/debugprotocol and kept in the build folder by version.
import fs from 'node:fs';
import path from 'node:path';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import Ajv from 'ajv';

const require = createRequire(import.meta.url);
const here = path.dirname(fileURLToPath(import.meta.url));

function packageVersion(name) {
  return JSON.parse(fs.readFileSync(path.join(here, 'node_modules', name, 'package.json'), 'utf8')).version;
}

function generate(file) {
  const { createGenerator } = require('ts-json-schema-generator');
  const types = path.join(here, 'node_modules/@vscode/debugprotocol/lib/debugProtocol.d.ts');
  const schema = createGenerator({
    path: types, type: '*', expose: 'all', skipTypeCheck: true, topRef: true, additionalProperties: false,
  }).createSchema('*');
  fs.mkdirSync(path.dirname(file), { recursive: true });
  // Tests run in parallel: the file appears whole or not at all.
  const temporary = `${file}.${process.pid}`;
  fs.writeFileSync(temporary, JSON.stringify(schema));
  fs.renameSync(temporary, file);
}

// Where the protocol says "additional properties allowed" in words, its .d.ts cannot.
function loosen(schema) {
  delete schema.additionalProperties;
  for (const value of Object.values(schema)) {
    if (value && typeof value === 'object') {
      loosen(value);
    }
  }
  return schema;
}

const object = (properties, optional = {}) => ({
  type: 'object', properties: { ...properties, ...optional }, required: Object.keys(properties), additionalProperties: false,
});
const string = { type: 'string' };
const integer = { type: 'integer' };

// Bodies of events of ptdap's own (docs/protocol.md).
const CUSTOM_EVENTS = {
  'ptdap/syscallTrace': object({
    calls: {
      type: 'array',
      items: object({
        threadId: integer, processId: integer, time: { type: 'number' }, durationNs: integer, name: string, number: integer, abi: string,
        arguments: { type: 'array', items: object({ name: string, value: string, text: string }) }, resultText: string,
      }, {
        result: integer, errno: string, injected: { const: true }, delayed: { const: true }, line: integer,
        source: object({ path: string, name: string }, { presentationHint: string }),
      }),
    },
    dropped: integer,
  }),
};

export class Schema {
  #ajv;
  #prefix;

  // isStrict: members that the protocol does not know are faults.
  constructor(isStrict = true) {
    const folder = process.env.PTDAP_SCHEMA_DIR ?? path.join(here, 'node_modules/.cache');
    const version = `${packageVersion('@vscode/debugprotocol')}-${packageVersion('ts-json-schema-generator')}`;
    const file = path.join(folder, `dap-schema-${version}.json`);
    if (!fs.existsSync(file)) {
      generate(file);
    }
    let schema = JSON.parse(fs.readFileSync(file, 'utf8'));
    this.names = new Set(Object.keys(schema.definitions));
    this.#prefix = this.names.has('DebugProtocol.Event') ? 'DebugProtocol.' : '';
    schema.$id = 'dap';
    if (!isStrict) {
      schema = loosen(schema);
    }
    this.#ajv = new Ajv({ strict: false, allErrors: true, allowUnionTypes: true });
    this.#ajv.addSchema(schema);
    for (const [event, body] of Object.entries(CUSTOM_EVENTS)) {
      this.#ajv.addSchema(body, event);
    }
  }

  #check(type, message) {
    const name = this.#prefix + type;
    if (!this.names.has(name)) {
      return [`the protocol has no ${type}`];
    }
    return this.#validate(`dap#/definitions/${encodeURIComponent(name)}`, message);
  }

  #validate(id, message) {
    const validate = this.#ajv.getSchema(id);
    if (validate(message)) {
      return [];
    }
    return validate.errors.map((e) => `${e.instancePath || '/'} ${e.message} ${JSON.stringify(e.params)}`);
  }

  #customEvent(message) {
    const base = this.#check('Event', message);
    if (base.length || !(message.event in CUSTOM_EVENTS)) {
      return base.length ? base : [`docs/protocol.md has no event ${message.event}`];
    }
    return this.#validate(message.event, message.body);
  }

  // What is wrong with a message of the adapter; command: of the request that a response answers.
  faults(message, command) {
    const typeName = (name) => name.charAt(0).toUpperCase() + name.slice(1);
    const base = this.#check('ProtocolMessage', { seq: message.seq, type: message.type });
    if (base.length) {
      return base;
    }
    switch (message.type) {
      case 'event':
        return isCustom(message.event) ? this.#customEvent(message) : this.#check(`${typeName(message.event)}Event`, message);
      case 'response':
        if (!message.success) {
          return this.#check('ErrorResponse', { body: {}, ...message });
        }
        return this.#check(command === undefined || isCustom(command) ? 'Response' : `${typeName(command)}Response`, message);
      case 'request':
        return this.#check(`${typeName(message.command)}Request`, message);
      default:
        return [`unknown type of message ${message.type}`];
    }
  }
}

const isCustom = (name) => typeof name === 'string' && name.startsWith('ptdap/');
