// Package experiment runs long deterministic computations that can be killed at
// any moment and resumed with the same result, bit for bit. It knows no model.
//
// # One run
//
// A [Run] writes one results directory:
//
//	config.yaml       the resolved configuration, bytes given by the caller
//	versions.json     what computed it: one [Versions] per program that worked on it
//	status.json       a [Status]: running, done, interrupted or failed, and how far
//	metrics.csv       one row per evaluation, appended while running
//	recordings/       <stage>/<level>/<group>/<variable>.npy, appended while running
//	checkpoint.bin    the state to resume from; checkpoint.prev is the one before
//	log.txt           messages with times
//	figures/          empty, for whoever plots
//	lock              who is working on it, only while somebody is
//
// The usual shape of a run is
//
//	run, err := experiment.CreateOrResume(dir, manifest)
//	if err != nil {
//		return err
//	}
//	defer run.Finish(&err)
//	metrics, err := run.Metrics("epoch", "accuracy")   // and run.Record for recordings
//	_, err = run.Restore(model.Load)
//	for model.Step < steps && ctx.Err() == nil {
//		... advance by a chunk, append rows, now and then run.Checkpoint(model.Save)
//	}
//	err = errors.Join(run.Checkpoint(model.Save), context.Cause(ctx))
//
// # What makes a resumed run identical
//
// A checkpoint holds the caller's state together with the length of metrics.csv
// and the row count of every recording at that moment. [Resume] cuts the files
// back to these, so rows written between the checkpoint and the kill are
// computed again, not doubled. The caller's part: everything that influences
// later rows is in the state, and nothing depends on when checkpoints are made.
//
// Files are replaced by writing a temporary file, waiting for the disk and
// renaming, so that readers and kills see the old or the new content. Readers
// use [Open], at any time, also while another process writes.
//
// # Many runs
//
// [All] runs a sweep on a pool of workers; a failing or panicking run does not
// stop the others. [Notify] turns signals into the cancellation of a context,
// [Progress] shows how far everything is, [ExitStatus] ends the program.
//
// # Limits
//
// A Run is used by one goroutine at a time; different runs are independent. A
// run on another engine, processor architecture or version resumes with a
// warning and need not be identical. Locks of processes on other machines are
// judged by their age, because nothing better can be known.
package experiment
