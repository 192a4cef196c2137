package mdgl_test

import (
	"context"
	"fmt"

	"github.com/neurocredit/neurocredit/data"
	"github.com/neurocredit/neurocredit/mdgl"
)

// smallTask is a short version of evidence accumulation.
func smallTask() data.Evidence {
	task := data.DefaultEvidence()
	task.Cues, task.Cue, task.Gap, task.Delay, task.Recall, task.Rate = 1, 20, 10, 10, 30, 200
	return task
}

// smallConfig is a network of 40 neurons for it.
func smallConfig(rule mdgl.Rule) mdgl.Config {
	c := mdgl.Fig3C(rule)
	c.Task.Set = "own"
	c.Cells.Regular, c.Cells.Adaptive = 20, 20
	c.Wiring.In, c.Wiring.Recurrent, c.Wiring.Out = 0.3, 0.3, 0.3
	c.Learning.Batch, c.Learning.Rate, c.Validation.Batch = 2, 0.01, 2
	return c
}

func ExampleTrain() {
	c := smallConfig(mdgl.BPTT)
	c.Iterations, c.Validation.Every = 60, 20
	r, err := mdgl.Train(context.Background(), c, &mdgl.Options{Task: smallTask()})
	if err != nil {
		fmt.Println(err)
		return
	}
	x, _, err := r.Curve("loss")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("validated after", x, "updates")
	fmt.Printf("accuracy %.0f %%\n", r.Last().Score.Accuracy)
	// Output:
	// validated after [0 20 40 60] updates
	// accuracy 100 %
}

func ExampleEvaluate() {
	c := smallConfig(mdgl.BPTT)
	c.Iterations = 60
	task := smallTask()
	r, err := mdgl.Train(context.Background(), c, &mdgl.Options{Task: task})
	if err != nil {
		fmt.Println(err)
		return
	}
	s, err := mdgl.Evaluate(context.Background(), r, task, 20)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%d trials, accuracy above 90 %%: %v\n", s.Trials, s.Accuracy > 90)
	// Output:
	// 40 trials, accuracy above 90 %: true
}

// ExampleNetwork_Gradient compares what the rules do at the neurons without output:
// e-prop gives them nothing.
func ExampleNetwork_Gradient() {
	c := smallConfig(mdgl.MDGL)
	c.Learning.RateCost = 0
	task := smallTask()
	n, err := mdgl.Build(c, task.Shape())
	if err != nil {
		fmt.Println(err)
		return
	}
	trials, err := task.Draw(1, data.Training, 0, 2)
	if err != nil {
		fmt.Println(err)
		return
	}
	out, err := n.Weights("out")
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, rule := range []mdgl.Rule{mdgl.EProp, mdgl.MDGL} {
		g, _, err := n.Gradient(rule, trials)
		if err != nil {
			fmt.Println(err)
			return
		}
		inner := 0
		for j := range c.Neurons() {
			for i := range c.Neurons() {
				if out.At(j, 0) == 0 && out.At(j, 1) == 0 && g.Recurrent.At(i, j) != 0 {
					inner++
					break
				}
			}
		}
		fmt.Printf("%s reaches inner neurons: %v\n", rule, inner > 0)
	}
	// Output:
	// eprop reaches inner neurons: false
	// mdgl reaches inner neurons: true
}

func ExampleNetwork_Watch() {
	task := smallTask()
	n, err := mdgl.Build(smallConfig(mdgl.MDGL), task.Shape())
	if err != nil {
		fmt.Println(err)
		return
	}
	trials, err := task.Draw(1, data.Training, 0, 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	a, err := n.Watch(trials[0])
	if err != nil {
		fmt.Println(err)
		return
	}
	steps, neurons := a.Voltage.Dims()
	fmt.Println(steps, "steps,", neurons, "neurons,", len(a.Spikes), "lists of spikes")
	// Output:
	// 60 steps, 40 neurons, 60 lists of spikes
}

func ExampleRules() {
	for _, r := range mdgl.Rules() {
		fmt.Println(r)
	}
	// Output:
	// bptt
	// mdgl_cell
	// mdgl
	// nl_mdgl
	// on_mdgl
	// eprop
}
