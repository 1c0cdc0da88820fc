// The commands of `meshbus`, in the order of the help.
import type { Command } from './command.ts';
import { doctorCommand } from './doctor/doctor-command.ts';
import { ingestCommand } from './ingest/ingest-command.ts';
import { peersCommand } from './net/peers-command.ts';
import { pollCommand } from './read/poll-command.ts';
import { tailCommand } from './read/tail-command.ts';
import { statsCommand } from './stats/stats-command.ts';

export const COMMANDS: readonly Command[] = [
  ingestCommand,
  pollCommand,
  tailCommand,
  statsCommand,
  doctorCommand,
  peersCommand,
];
