/** The command line: reads the words, runs the command, ends with an honest code. */
import { USAGE, UsageError, parseCommand } from './arguments.ts';
import { checkEnvFile } from './check-env.ts';
import { train } from './train.ts';

async function main(): Promise<number> {
  const command = parseCommand(process.argv.slice(2));
  switch (command.kind) {
    case 'help':
      console.log(USAGE);
      return 0;
    case 'checkEnv':
      return checkEnvFile(command.file, (line) => {
        console.log(line);
      });
    case 'train':
      return train(command, process.stderr);
  }
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(`furlong: ${error instanceof Error ? error.message : String(error)}`);
    if (error instanceof UsageError) console.error(USAGE);
    process.exit(error instanceof UsageError ? 2 : 1);
  }
);
