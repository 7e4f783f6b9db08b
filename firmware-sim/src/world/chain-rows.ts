/**
 * A log as the city keeps it: by number the head of its chain, and the record where it has come home. A city has a million of them, so they
 * are rows in one run of bytes: its head, the mount that the record was written under, and the record's encoding.
 */
import { type ChainPosition, equalBytes, HEAD_BYTES } from "@nyckelfri/protocol";
import { placeIn } from "../hardware/ascending.ts";

export interface RowRecord {
  readonly mount: number;
  readonly bytes: Uint8Array;
}

/** Before each row: the length of its record's encoding, 0 where it has not come home, and the mount. */
const LENGTH_BYTES = 2;
const MOUNT_BYTES = 2;
const ROW_BYTES = LENGTH_BYTES + MOUNT_BYTES + HEAD_BYTES;
/** It grows by an eighth, and at least by so much. */
const GROWS_BY = 256;

export class ChainRows {
  /** Ascending. */
  #numbers: number[] = [];
  /** Where the row of each begins. */
  #places: number[] = [];
  #rows: Uint8Array = new Uint8Array(0);
  #end = 0;
  #stored = 0;

  /** Records that have come home. */
  get stored(): number {
    return this.#stored;
  }

  /** A copy; undefined where nothing is known of this number. */
  head(number: number): Uint8Array | undefined {
    const place = this.#rowOf(number);
    return place === undefined ? undefined : this.#headAt(place);
  }

  /** Whether this is the head that is known, or none is. */
  agrees(number: number, head: Uint8Array): boolean {
    const known = this.head(number);
    return known === undefined || equalBytes(known, head);
  }

  has(number: number): boolean {
    const place = this.#rowOf(number);
    return place !== undefined && this.#lengthAt(place) > 0;
  }

  /** Those that have come home, ascending. */
  *records(): IterableIterator<[number, RowRecord]> {
    for (const [index, number] of this.#numbers.entries()) {
      const place = this.#places[index] as number;
      if (this.#lengthAt(place) > 0) yield [number, this.#recordAt(place)];
    }
  }

  /** The number and head of each record after this number that has come home, ascending. */
  *storedAfter(number: number): IterableIterator<ChainPosition> {
    for (let index = placeIn(this.#numbers, number + 1); index < this.#numbers.length; index++) {
      const place = this.#places[index] as number;
      if (this.#lengthAt(place) > 0) yield { number: this.#numbers[index] as number, head: this.#headAt(place) };
    }
  }

  /** What is known of this number already stays: the head, which agrees with this one, and the first record. */
  add(number: number, head: Uint8Array, record: RowRecord = NONE): void {
    const place = this.#rowOf(number);
    if (place !== undefined && (record === NONE || this.#lengthAt(place) > 0)) return;
    this.#append(number, head, record);
    if (record !== NONE) this.#stored += 1;
  }

  /** Goes on by itself. */
  copy(): ChainRows {
    const copy = new ChainRows();
    copy.#numbers = [...this.#numbers];
    copy.#places = [...this.#places];
    copy.#rows = this.#rows.slice();
    copy.#end = this.#end;
    copy.#stored = this.#stored;
    return copy;
  }

  /** A row of the same number is left where it stands: it had no record. */
  #append(number: number, head: Uint8Array, { mount, bytes }: RowRecord): void {
    const place = this.#end;
    this.#end = place + ROW_BYTES + bytes.length;
    if (this.#end > this.#rows.length) {
      const rows = new Uint8Array(this.#end + Math.max(GROWS_BY, this.#end >> 3));
      rows.set(this.#rows);
      this.#rows = rows;
    }
    this.#rows.set([bytes.length >> 8, bytes.length & 0xff, mount >> 8, mount & 0xff], place);
    this.#rows.set(head, place + LENGTH_BYTES + MOUNT_BYTES);
    this.#rows.set(bytes, place + ROW_BYTES);
    const index = placeIn(this.#numbers, number);
    const isKnown = this.#numbers[index] === number;
    this.#numbers.splice(index, isKnown ? 1 : 0, number);
    this.#places.splice(index, isKnown ? 1 : 0, place);
  }

  #lengthAt(place: number): number {
    return ((this.#rows[place] as number) << 8) | (this.#rows[place + 1] as number);
  }

  #headAt(place: number): Uint8Array {
    return this.#rows.slice(place + LENGTH_BYTES + MOUNT_BYTES, place + ROW_BYTES);
  }

  #recordAt(place: number): RowRecord {
    const mount = ((this.#rows[place + 2] as number) << 8) | (this.#rows[place + 3] as number);
    const from = place + ROW_BYTES;
    return { mount, bytes: this.#rows.slice(from, from + this.#lengthAt(place)) };
  }

  #rowOf(number: number): number | undefined {
    const index = placeIn(this.#numbers, number);
    return this.#numbers[index] === number ? this.#places[index] : undefined;
  }
}

const NONE: RowRecord = { mount: 0, bytes: new Uint8Array(0) };
