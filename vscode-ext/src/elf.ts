// The header of an ELF file: is it a program that can be started here?
import { open, type FileHandle } from 'node:fs/promises';

const ET_EXEC = 2;
const ET_DYN = 3;
const EM_X86_64 = 62;
const PT_INTERP = 3;

export interface Elf {
  readonly type: number;
  readonly machine: number;
  readonly entry: bigint;
  readonly hasInterpreter: boolean;
}

/** The header that begins in `bytes`; undefined if it is no ELF file of little-endian 32 or 64 bits. Program headers beyond `bytes` are not seen. */
export function parseElf(bytes: Buffer): Elf | undefined {
  if (bytes.length < 52 || bytes.readUInt32BE(0) !== 0x7f454c46 || bytes[5] !== 1)
    return undefined;
  const is64 = bytes[4] === 2;
  if ((!is64 && bytes[4] !== 1) || (is64 && bytes.length < 64))
    return undefined;
  const table = is64 ? Number(bytes.readBigUInt64LE(32)) : bytes.readUInt32LE(28);
  const entrySize = bytes.readUInt16LE(is64 ? 54 : 42);
  const count = bytes.readUInt16LE(is64 ? 56 : 44);
  let hasInterpreter = false;
  for (let i = 0; i < count && table + i * entrySize + 4 <= bytes.length; i++)
    hasInterpreter ||= bytes.readUInt32LE(table + i * entrySize) === PT_INTERP;
  return {
    type: bytes.readUInt16LE(16),
    machine: bytes.readUInt16LE(18),
    entry: is64 ? bytes.readBigUInt64LE(24) : BigInt(bytes.readUInt32LE(24)),
    hasInterpreter,
  };
}

/** A program that can be debugged here, not a library: those have no interpreter. A static PIE has none either, but an entry point. */
export function isProgram(elf: Elf): boolean {
  return isForX86_64(elf) && (elf.type === ET_EXEC || (elf.type === ET_DYN && (elf.hasInterpreter || elf.entry !== 0n)));
}

export function isForX86_64(elf: Elf): boolean {
  return elf.machine === EM_X86_64;
}

/** Whether an ELF file of 64 bits has DWARF of its own, or names the file that has. */
export async function hasDebugInfo(path: string): Promise<boolean> {
  const file = await open(path, 'r');
  try {
    const read = async (position: number, length: number): Promise<Buffer> => {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position);
      return buffer.subarray(0, bytesRead);
    };
    const header = await read(0, 64);
    if (header.length < 64)
      return false;
    const [entrySize, count, namesIndex] = [header.readUInt16LE(58), header.readUInt16LE(60), header.readUInt16LE(62)];
    const table = await read(Number(header.readBigUInt64LE(40)), entrySize * count);
    if (entrySize < 64 || table.length < entrySize * count || namesIndex >= count)
      return false;
    const names = namesIndex * entrySize;
    const size = Math.min(Number(table.readBigUInt64LE(names + 32)), 1 << 16);
    return /\0\.(?:z?debug_info|gnu_debuglink)\0/.test((await read(Number(table.readBigUInt64LE(names + 24)), size)).toString('latin1'));
  } finally {
    await file.close();
  }
}

/** The header of a file; undefined if it is none of ELF. Throws what opening and reading throws. */
export async function readElf(path: string): Promise<Elf | undefined> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, 'r');
    const { buffer, bytesRead } = await file.read(Buffer.alloc(1024), 0, 1024, 0);
    return parseElf(buffer.subarray(0, bytesRead));
  } finally {
    await file?.close();
  }
}
