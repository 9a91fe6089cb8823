/**
 * WebGPU in Node by Dawn (npm package `webgpu`), for tests and benchmarks of the kernels without a browser: a hardware
 * driver where the machine has one, else a software driver. `VK_DRIVER_FILES` names a driver to use; without it the
 * loader's standard places are asked, then the folder of Chromium, which brings a loader and SwiftShader along.
 */
import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';

/** Where Vulkan loaders look for drivers on Linux, in XDG's default folders. */
const DRIVER_FOLDERS = [
  '/etc/vulkan/icd.d',
  '/usr/local/etc/vulkan/icd.d',
  '/usr/local/share/vulkan/icd.d',
  '/usr/share/vulkan/icd.d'
];
const LOADER = 'libvulkan.so.1';
/** glibc's RTLD_NODELETE: what was opened stays so after the handle is closed. */
const KEEP_LOADED = 0x1000;

/**
 * `navigator.gpu` as Dawn gives it, put where tfjs looks for it; undefined, with the reason printed, where the package or
 * a driver is missing.
 */
export async function openDawn(): Promise<GPU | undefined> {
  if (process.platform === 'linux') findDriver();
  let dawn: typeof import('webgpu');
  try {
    dawn = await import('webgpu');
  } catch (error) {
    none(`the npm package webgpu did not load (${error instanceof Error ? error.message : String(error)})`);
    return undefined;
  }
  Object.assign(globalThis, dawn.globals);
  const gpu = dawn.create([]);
  if ((await gpu.requestAdapter()) === null) {
    none('no Vulkan driver: install mesa-vulkan-drivers (version 25), or name one in VK_DRIVER_FILES');
    return undefined;
  }
  Object.defineProperty(globalThis.navigator, 'gpu', { value: gpu, configurable: true });
  return gpu;
}

function none(why: string): void {
  console.warn(`SKIPPED: no WebGPU in Node: ${why}`);
}

/** Chromium's SwiftShader where nothing was asked for and no driver is installed; its loader where there is no other. */
function findDriver(): void {
  const folders = [process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium']
    .filter((path) => existsSync(path))
    .map((path) => dirname(realpathSync(path)));
  const places = [...folders, '/usr/lib/chromium'];
  const asked = process.env['VK_DRIVER_FILES'] ?? process.env['VK_ICD_FILENAMES'];
  const installed = DRIVER_FOLDERS.some((path) => existsSync(path) && readdirSync(path).length > 0);
  if (asked === undefined && !installed) {
    const own = places.map((path) => join(path, 'vk_swiftshader_icd.json')).find((path) => existsSync(path));
    // Both names: loaders before 1.3.207 know the second alone.
    if (own !== undefined) process.env['VK_DRIVER_FILES'] = process.env['VK_ICD_FILENAMES'] = own;
  }
  // The system's loader first; Dawn then finds by its name whichever is in memory.
  for (const path of [LOADER, ...places.map((place) => join(place, LOADER))]) if (keepLoaded(path)) return;
}

/** Node takes a library that is no addon of its own for an error, after it has opened it. */
function keepLoaded(path: string): boolean {
  try {
    process.dlopen({ exports: {} }, path, constants.dlopen.RTLD_NOW | KEEP_LOADED);
    return true;
  } catch (error) {
    return error instanceof Error && error.message.includes('did not self-register');
  }
}
