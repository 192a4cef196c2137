package data_test

import (
	"fmt"

	"github.com/neurocredit/neurocredit/data"
)

func ExampleEvidence() {
	task := data.DefaultEvidence()
	trials, err := task.Draw(1, data.Training, 0, 64)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%+v\n", task.Shape())
	fmt.Printf("%d trials, decision at step %d\n", len(trials), trials[0].Decisions[0].From)
	// Output:
	// {Steps:2000 Channels:40 Outputs:2}
	// 64 trials, decision at step 1999
}

func ExampleThresholdCrossings() {
	for _, e := range data.ThresholdCrossings([]float64{0, 0.4, 1, 0.6}, 6, 1) {
		fmt.Printf("step %d channel %d\n", e.Step, e.Channel)
	}
	// Output:
	// step 1 channel 2
	// step 2 channel 4
	// step 4 channel 5
}

func ExampleTask() {
	for _, task := range []data.Task{data.DefaultEvidence(), data.DefaultDelayedMatch(), data.DefaultPattern(), data.DefaultStoreRecall()} {
		fmt.Printf("%T %+v\n", task, task.Shape())
	}
	// Output:
	// data.Evidence {Steps:2000 Channels:40 Outputs:2}
	// data.DelayedMatch {Steps:1100 Channels:50 Outputs:2}
	// data.Pattern {Steps:2000 Channels:100 Outputs:1}
	// data.StoreRecall {Steps:2400 Channels:100 Outputs:2}
}
