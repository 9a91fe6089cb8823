/** Hands files to the reader as downloads. */

export function saveFile(file: File): void {
  const url = URL.createObjectURL(file);
  const link = document.createElement('a');
  link.href = url;
  link.download = file.name;
  link.click();
  // The browser has taken the file by the time the click was handled everywhere.
  setTimeout(() => {
    URL.revokeObjectURL(url);
  }, 60_000);
}
