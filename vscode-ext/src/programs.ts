// The programs of a folder that can be debugged: executables that a build has made. Knows no VS Code.
import { constants, type Dirent } from 'node:fs';
import { access, readdir, stat } from 'node:fs/promises';
import * as path from 'node:path';
import { isProgram, readElf } from './elf';

export interface Program {
  readonly path: string;
  /** Where a build tool that we know puts its results. */
  readonly isBuildOutput: boolean;
  /** A cargo test or bench: it has a hash in its name. */
  readonly isTest: boolean;
  readonly modifiedMs: number;
}

export interface SearchLimits {
  /** Directory entries that are looked at before the search ends. */
  readonly entries: number;
  readonly depth: number;
}

export interface SearchResult {
  /** Results of builds first, the newest first among equals. */
  readonly programs: Program[];
  /** The limits were reached: there may be more. */
  readonly isPartial: boolean;
}

const defaultLimits: SearchLimits = { entries: 300_000, depth: 16 };

// What never holds a program of the user's, or holds the parts of one.
const skipped = new Set(['node_modules', 'CMakeFiles', '__pycache__', 'site-packages', 'incremental', 'zig-cache', 'nimcache']);
// Files that are executable, or ELF, and not programs. Names without a dot are the rule for programs, so that most files are never opened.
const otherSuffix = /\.(?:so(?:\.\d+)*|o|a|obj|lo|la|ko|rlib|rmeta|d|dwo|dwp|debug|pcm|gch|sh|bash|py|pl|rb|js|mjs|ts|c|h|cc|cpp|hpp|cxx|rs|txt|md|json|ya?ml|toml|html|css|png|svg)$/i;

/** How many directories are read, and files opened, at the same time. */
const parallel = 32;

/** Where a folder stands, as far as its descendants care. */
interface Place {
  readonly folder: string;
  readonly depth: number;
  readonly isBuildOutput: boolean;
  /** The parts below the target folder of cargo, undefined outside of one. */
  readonly cargo: readonly string[] | undefined;
}

/** Finds the programs below a folder. Folders that cannot be read are passed over; `signal` ends the search with an AbortError. */
export async function findPrograms(root: string, signal?: AbortSignal, limits: SearchLimits = defaultLimits): Promise<SearchResult> {
  const found = new Map<string, Program>();
  const places: Place[] = [{ folder: root, depth: 0, isBuildOutput: false, cargo: undefined }];
  let entriesLeft = limits.entries;
  while (places.length > 0 && entriesLeft > 0) {
    signal?.throwIfAborted();
    const batch = places.splice(0, parallel);
    await Promise.all(batch.map(async (place) => {
      const entries = await readdir(place.folder, { withFileTypes: true }).catch(() => [] as Dirent[]);
      entriesLeft -= entries.length;
      const here = { ...place, isBuildOutput: place.isBuildOutput || isBuildFolder(entries) };
      if (place.depth < limits.depth)
        places.push(...entries.filter((entry) => entry.isDirectory()).flatMap((entry) => below(here, entry.name, entries)));
      if (isWithPrograms(here))
        await addPrograms(found, here, entries, signal);
    }));
  }
  return { programs: [...found.values()].sort(compare), isPartial: entriesLeft <= 0 };
}

function isBuildFolder(entries: readonly Dirent[]): boolean {
  return entries.some(({ name }) => /^(?:CMakeCache\.txt|(?:GNU)?[Mm]akefile|build\.ninja|zig-out)$/.test(name));
}

function below(place: Place, name: string, siblings: readonly Dirent[]): Place[] {
  if (skipped.has(name) || name.startsWith('.'))
    return [];
  const isTarget = name === 'target' && siblings.some((sibling) => sibling.name === 'Cargo.toml' || sibling.name === 'CACHEDIR.TAG');
  const cargo = isTarget ? [] : place.cargo && [...place.cargo, name];
  // target/debug/build holds build scripts; a target triple may stand between target and debug.
  if (cargo?.at(-1) === 'build' && cargo.length <= 3)
    return [];
  return [{ folder: path.join(place.folder, name), depth: place.depth + 1, isBuildOutput: place.isBuildOutput || isTarget, cargo }];
}

function isWithPrograms({ cargo }: Place): boolean {
  return cargo === undefined || cargo.length > 0;
}

async function addPrograms(found: Map<string, Program>, place: Place, entries: readonly Dirent[], signal?: AbortSignal): Promise<void> {
  const files = entries.filter((entry) => (entry.isFile() || entry.isSymbolicLink()) && !otherSuffix.test(entry.name));
  for (let i = 0; i < files.length; i += parallel) {
    signal?.throwIfAborted();
    await Promise.all(files.slice(i, i + parallel).map((entry) => addProgram(found, place, path.join(place.folder, entry.name))));
  }
}

async function addProgram(found: Map<string, Program>, place: Place, file: string): Promise<void> {
  try {
    const status = await stat(file);
    if (!status.isFile() || (status.mode & 0o111) === 0)
      return;
    const elf = await readElf(file);
    if (!elf || !isProgram(elf))
      return;
    await access(file, constants.X_OK);
    const isTest = place.cargo?.at(-1) === 'deps';
    const program = { path: file, isBuildOutput: place.isBuildOutput, isTest, modifiedMs: status.mtimeMs };
    // One file under two names (cargo links deps/NAME-HASH to NAME): the better name stays.
    const key = `${status.dev}:${status.ino}`;
    const known = found.get(key);
    if (!known || compare(program, known) < 0)
      found.set(key, program);
  } catch {
    // gone meanwhile, not readable, a dangling link: not a program to offer
  }
}

function compare(a: Program, b: Program): number {
  const rank = (program: Program): number => (program.isTest ? 2 : program.isBuildOutput ? 0 : 1);
  return rank(a) - rank(b) || b.modifiedMs - a.modifiedMs || a.path.length - b.path.length || a.path.localeCompare(b.path);
}

export interface BuildCommand {
  readonly text: string;
  /** Where it is to be typed. */
  readonly folder: string;
}

const ofProjects: readonly (readonly [RegExp, string])[] = [
  [/^CMakeLists\.txt$/, 'cmake -B build -DCMAKE_BUILD_TYPE=Debug && cmake --build build'],
  [/^Cargo\.toml$/, 'cargo build'],
  [/^meson\.build$/, 'meson setup build --buildtype=debug && ninja -C build'],
  [/^build\.zig$/, 'zig build'],
  [/^Package\.swift$/, 'swift build'],
  [/^(?:GNUm|[Mm])akefile$/, 'make CFLAGS=-g CXXFLAGS=-g'],
];

/** By the languages' ids; FILE is the edited one, NAME the same without its suffix. */
const ofLanguages: readonly (readonly [RegExp, string])[] = [
  [/^(?:c|asm.*|gas)$/, 'gcc -g -o NAME FILE'],
  [/^(?:cpp|cuda-cpp)$/, 'g++ -g -o NAME FILE'],
  [/^rust$/, 'rustc -g FILE'],
  [/^zig$/, 'zig build-exe FILE'],
  [/^d$/, 'dmd -g FILE'],
  [/^nim$/, 'nim c --debugger:native FILE'],
  [/^fortran.*$/i, 'gfortran -g -o NAME FILE'],
  [/^ada$/, 'gnatmake -g FILE'],
  [/^(?:object)?pascal$/, 'fpc -gw3 FILE'],
  [/^swift$/, 'swiftc -g FILE'],
  [/^odin$/, 'odin build FILE -file -debug'],
];

/** What to type to build the project in a folder, or else the edited file; undefined if nothing is known that would. */
export function buildCommand(folder: string | undefined, names: readonly string[],
  file: { path: string; languageId: string } | undefined): BuildCommand | undefined {
  const ofProject = ofProjects.find(([pattern]) => names.some((name) => pattern.test(name)));
  if (folder !== undefined && ofProject)
    return { text: ofProject[1], folder };
  const ofLanguage = file && ofLanguages.find(([pattern]) => pattern.test(file.languageId));
  if (!ofLanguage)
    return undefined;
  const source = path.basename(file.path);
  const words: Record<string, string> = { FILE: quote(source), NAME: quote(path.basename(source, path.extname(source))) };
  return { text: ofLanguage[1].replace(/FILE|NAME/g, (word) => words[word]!), folder: path.dirname(file.path) };
}

function quote(word: string): string {
  const safe = word.startsWith('-') ? `./${word}` : word;
  return /^[\w./+-]+$/.test(safe) ? safe : `'${safe.replaceAll("'", "'\\''")}'`;
}
