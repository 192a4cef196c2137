package experiment_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"

	"github.com/neurocredit/neurocredit/internal/experiment"
	"github.com/neurocredit/neurocredit/internal/npy"
)

// decay computes x(n+1) = x(n)/2 and can be stopped at any step.
func decay(ctx context.Context, dir string, steps int) (err error) {
	run, err := experiment.CreateOrResume(dir, experiment.Manifest{Config: []byte("model: decay\n"), Engine: "native"})
	if err != nil {
		return err
	}
	defer run.Finish(&err)
	metrics, err := run.Metrics("step", "x")
	if err != nil {
		return err
	}
	record, err := run.Record("training/1/hidden0/x", npy.Float64, 1)
	if err != nil {
		return err
	}
	state := struct {
		Step int
		X    float64
	}{0, 1}
	save := func(w io.Writer) error { return json.NewEncoder(w).Encode(state) }
	load := func(r io.Reader) error {
		data, err := io.ReadAll(r)
		return errors.Join(err, json.Unmarshal(data, &state))
	}
	resumed, err := run.Restore(load)
	if err != nil {
		return err
	}
	if resumed {
		fmt.Println("resumed behind step", state.Step)
	}
	for state.Step < steps && ctx.Err() == nil {
		state.Step++
		state.X /= 2
		if err := errors.Join(metrics.Append(float64(state.Step), state.X), record.Append([]float64{state.X})); err != nil {
			return err
		}
	}
	return errors.Join(run.Checkpoint(save), context.Cause(ctx))
}

func Example() {
	parent, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(parent)
	dir := filepath.Join(parent, "decay")

	ctx, stop := experiment.Notify(context.Background()) // an interrupt saves a checkpoint
	defer stop()
	for _, steps := range []int{2, 3} {
		if err := decay(ctx, dir, steps); err != nil {
			log.Fatal(err)
		}
	}
	results, err := experiment.Open(dir)
	if err != nil {
		log.Fatal(err)
	}
	table, err := results.Metrics()
	if err != nil {
		log.Fatal(err)
	}
	names, err := results.Recordings()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(results.Status.State, table.Columns, table.Rows, names)
	// Output:
	// resumed behind step 2
	// done [step x] [[1 0.5] [2 0.25] [3 0.125]] [training/1/hidden0/x]
}

func ExampleAll() {
	progress := experiment.NewProgress(context.Background(), io.Discard, 3)
	report := experiment.All(context.Background(), 3, 2, func(ctx context.Context, i int) (err error) {
		task := progress.Start(fmt.Sprint("seed ", i), 0, 10)
		defer func() { task.End(err) }()
		for range 10 {
			task.Advance(1)
		}
		if i == 1 {
			return errors.New("weights diverged at step 7")
		}
		return nil
	})
	progress.Close()
	err := report.Err()
	fmt.Println(err)
	fmt.Println("exit status", experiment.ExitStatus(err))
	// Output:
	// 2 of 3 runs done, 1 failed
	// run 1: weights diverged at step 7
	// exit status 1
}

func ExampleTable_Column() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	// The last row is still being written.
	err = experiment.WriteFile(filepath.Join(dir, "metrics.csv"), []byte("epoch,accuracy\n1,0.5\n2,0.75\n3,0.8"))
	if err != nil {
		log.Fatal(err)
	}
	table, err := experiment.ReadMetrics(dir)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(table.Column("accuracy"))
	// Output: [0.5 0.75] <nil>
}
