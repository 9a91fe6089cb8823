/**
 * What a replay takes from the CPU, in one buffer and so in one write: every array has a part of its own there, which the
 * recorded commands read in place of the buffer the array was in while they were recorded.
 */

/** A part of it, and the buffer it stands for. */
interface Part {
  readonly buffer: GPUBuffer;
  readonly at: number;
  readonly host: Float32Array<ArrayBuffer>;
}

export class UploadBuffer {
  readonly #device: GPUDevice;
  readonly #parts = new Map<GPUBuffer, Part>();
  readonly #host: ArrayBuffer;
  readonly #buffer: GPUBuffer | undefined;

  /** @param stoodFor buffers of float32, which no recorded command may write to */
  constructor(device: GPUDevice, stoodFor: readonly GPUBuffer[]) {
    this.#device = device;
    const unit = device.limits.minStorageBufferOffsetAlignment;
    const starts: number[] = [];
    let size = 0;
    for (const buffer of stoodFor) {
      starts.push(size);
      size += unit * Math.ceil(buffer.size / unit);
    }
    this.#host = new ArrayBuffer(size);
    stoodFor.forEach((buffer, i) => {
      const at = starts[i]!;
      this.#parts.set(buffer, { buffer, at, host: new Float32Array(this.#host, at, buffer.size / 4) });
    });
    const { STORAGE, COPY_SRC, COPY_DST } = GPUBufferUsage;
    if (size > 0) this.#buffer = device.createBuffer({ size, usage: STORAGE | COPY_SRC | COPY_DST });
  }

  /** Where to put the values that a command is to find; they are sent by `send`. */
  hostOf(buffer: GPUBuffer): Float32Array {
    const part = this.#parts.get(buffer);
    if (part === undefined) throw new Error('a buffer without a part in the upload');
    return part.host;
  }

  /** The same entry with parts of this buffer in place of those they stand for. */
  entry({ binding, resource }: GPUBindGroupEntry): GPUBindGroupEntry {
    const { buffer } = resource as Partial<GPUBufferBinding>;
    const part = buffer === undefined ? undefined : this.#parts.get(buffer);
    if (part === undefined || this.#buffer === undefined) return { binding, resource };
    return { binding, resource: { buffer: this.#buffer, offset: part.at, size: part.buffer.size } };
  }

  /** Where a copy that was recorded as from `buffer` finds its bytes. */
  source(buffer: GPUBuffer, at: number): readonly [GPUBuffer, number] {
    const part = this.#parts.get(buffer);
    return part === undefined || this.#buffer === undefined ? [buffer, at] : [this.#buffer, part.at + at];
  }

  /** Puts the values on the device, for commands submitted from now on. */
  send(): void {
    if (this.#buffer !== undefined) this.#device.queue.writeBuffer(this.#buffer, 0, this.#host);
  }

  destroy(): void {
    this.#buffer?.destroy();
  }
}
