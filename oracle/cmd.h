/* oracle/cmd.h - the commands, one file each (cmd_*.c), and exit codes.
 *
 * Each takes its own argc and argv (argv[0] is the command's name), prints
 * data to standard output and everything else to standard error. */
#ifndef ORACLE_CMD_H
#define ORACLE_CMD_H

enum exit_code {
	EXIT_OK = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_CONFIG = 3,
	EXIT_NOT_READY = 4, EXIT_SIGNER = 5, EXIT_CHAIN = 6,
};

int cmd_run(int argc, char **argv);
int cmd_demo(int argc, char **argv);
int cmd_sim(int argc, char **argv);
int cmd_record(int argc, char **argv);
int cmd_feeds(int argc, char **argv);
int cmd_replay(int argc, char **argv);
int cmd_shadow(int argc, char **argv);
int cmd_margin(int argc, char **argv);
int cmd_simulate(int argc, char **argv);
int cmd_stress(int argc, char **argv);
int cmd_calls(int argc, char **argv);
int cmd_optimise(int argc, char **argv);
int cmd_backtest(int argc, char **argv);
int cmd_attest(int argc, char **argv);
int cmd_verify(int argc, char **argv);
int cmd_keys(int argc, char **argv);
int cmd_pause(int argc, char **argv);
int cmd_resume(int argc, char **argv);
int cmd_status(int argc, char **argv);
int cmd_reload(int argc, char **argv);
int cmd_check_config(int argc, char **argv);
int cmd_config(int argc, char **argv);
int cmd_rules(int argc, char **argv);

#endif
