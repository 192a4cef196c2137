package plotting_test

import (
	"context"
	"fmt"
	"log"
	"math"
	"os"
	"path/filepath"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/plot/plotter"

	"github.com/neurocredit/neurocredit/dendritic"
	"github.com/neurocredit/neurocredit/pal"
	"github.com/neurocredit/neurocredit/plotting"
)

// small is a run of a moment.
func small(mode dendritic.Mode, seed uint32) dendritic.Config {
	c := dendritic.YinYang(mode)
	c.Name, c.Seed, c.Epochs = fmt.Sprintf("%s_seed_%d", mode, seed), seed, 2
	c.Data.Train, c.Data.Valid, c.Data.Test = 5, 5, 5
	return c
}

func folder() (dir string, remove func()) {
	dir, err := os.MkdirTemp("", "plotting")
	if err != nil {
		log.Fatal(err)
	}
	return dir, func() { os.RemoveAll(dir) }
}

// A figure of two panels: learning curves of several seeds and a weight matrix.
func ExampleFigure() {
	left := plotting.NewPanel("Learning", "epoch", "error (%)")
	left.LogY = true
	left.Curves(
		plotting.Curve{Name: "PAL", Y: [][]float64{{60, 20, 8, 5}, {64, 24, 9, 4}}},
		plotting.Curve{Name: "FA", Y: [][]float64{{62, 30, 18, 12}, {65, 34, 16, 11}}},
	)
	right := plotting.NewPanel("Feedback weights", "pre", "post")
	right.Heat(plotting.Heat{Z: mat.NewDense(2, 3, []float64{0.1, -0.4, 0.3, 0.2, 0.5, -0.1}), Label: "weight"})

	fig := plotting.NewFigure("Two panels", left, right)
	png, err := fig.PNG(150)
	if err != nil {
		log.Fatal(err)
	}
	width, height := fig.Size()
	fmt.Printf("%.1f x %.1f inches, PNG: %v\n", width, height, len(png) > 10_000)
	// Output: 7.3 x 3.3 inches, PNG: true
}

// Learning curves of two learning rules with three seeds each.
func ExampleLearningCurves() {
	ctx := context.Background()
	var groups []plotting.Group
	for _, mode := range []dendritic.Mode{dendritic.PAL, dendritic.FA} {
		var configs []dendritic.Config
		for seed := range uint32(3) {
			configs = append(configs, small(mode, 123456+seed))
		}
		runs, err := dendritic.TrainAll(ctx, configs, nil)
		if err != nil {
			log.Fatal(err)
		}
		groups = append(groups, plotting.Group{Name: string(mode), Runs: runs})
	}
	fig, err := plotting.LearningCurves(groups, &plotting.LearningOptions{Title: "Yin-Yang", Log: true})
	if err != nil {
		log.Fatal(err)
	}
	if err := plotting.Show(fig); err != nil { // nothing to see in a test
		log.Fatal(err)
	}
	fmt.Println(len(fig.Panels), "panels")
	// Output: 2 panels
}

// The diagnostic plots of a run that records the output and its target.
func ExampleEval() {
	dir, remove := folder()
	defer remove()
	ctx := context.Background()
	c := small(dendritic.PAL, 123456)
	c.Record.Variables = dendritic.Variables{
		"0": {"input": {"rate"}},
		"2": {"output": {"v_brev"}},
		"3": {"supervisor": {"rate"}},
	}
	run := filepath.Join(dir, "run")
	if _, err := dendritic.Train(ctx, c, &dendritic.Options{Dir: run}); err != nil {
		log.Fatal(err)
	}
	written, skipped, err := plotting.Eval(ctx, run, &plotting.EvalOptions{DPI: 50})
	if err != nil {
		log.Fatal(err)
	}
	for _, file := range written[:4] {
		fmt.Println(filepath.Base(file))
	}
	fmt.Println(skipped[0].File, "is missing:", skipped[0].Reason)
	// Output:
	// mse_validation.png
	// accuracy.png
	// classification_error.png
	// classification_error_log.png
	// 001_testing_ff_vs_p2i.png is missing: dendritic: testing/2/ff/g: not recorded
}

// Plots of the last epoch alone.
func ExampleDetail() {
	dir, remove := folder()
	defer remove()
	ctx := context.Background()
	c := small(dendritic.PAL, 123456)
	c.Record.Variables = dendritic.Variables{"1": {"pyramidal": {"rate"}}}
	run := filepath.Join(dir, "run")
	if _, err := dendritic.Train(ctx, c, &dendritic.Options{Dir: run}); err != nil {
		log.Fatal(err)
	}
	written, _, err := plotting.Detail(ctx, run, 2, &plotting.EvalOptions{DPI: 50})
	if err != nil {
		log.Fatal(err)
	}
	for _, file := range written {
		fmt.Println(filepath.Base(filepath.Dir(file)), filepath.Base(file))
	}
	// Output:
	// epoch_2 training_1_pyramidal_rate_epoch_2.png
	// epoch_2 validation_1_pyramidal_rate_epoch_2.png
}

// Evaluation of a sweep from its results directories.
func ExampleSweep() {
	dir, remove := folder()
	defer remove()
	ctx := context.Background()
	configs := []dendritic.Config{small(dendritic.FA, 1), small(dendritic.FA, 2)}
	if _, err := dendritic.TrainAll(ctx, configs, &dendritic.Options{Dir: dir}); err != nil {
		log.Fatal(err)
	}
	group, err := plotting.LoadGroup(ctx, "FA", filepath.Join(dir, "fa_seed_1"), filepath.Join(dir, "fa_seed_2"))
	if err != nil {
		log.Fatal(err)
	}
	written, err := plotting.Sweep(ctx, []plotting.Group{group}, filepath.Join(dir, "evaluation"), nil)
	if err != nil {
		log.Fatal(err)
	}
	for _, file := range written {
		fmt.Println(filepath.Base(file))
	}
	// Output:
	// runs.txt
	// acc_collection.npy
	// test_acc_collection.npy
	// angle_collection_layer_1.npy
	// acc_collection.png
	// angle_collection.png
	// learning_curves.png
	// learning_curves.svg
	// summary.csv
	// summary.md
}

// A table of means and standard deviations over seeds.
func ExampleSummarize() {
	run := func(accuracy ...float64) *dendritic.Result {
		r := &dendritic.Result{Done: true, Test: &dendritic.Score{Accuracy: accuracy[len(accuracy)-1]}}
		for e, a := range accuracy {
			r.Epochs = append(r.Epochs, dendritic.Epoch{Epoch: e, Score: dendritic.Score{Accuracy: a},
				Alignment: []dendritic.Alignment{{Angle: 50, NormDown: 3}}})
		}
		return r
	}
	groups := []plotting.Group{{Name: "PAL", Runs: []*dendritic.Result{run(33, 90), run(35, 94)}}}
	table, err := plotting.Summarize(groups, 0, 1)
	if err != nil {
		fmt.Println(err)
	}
	fmt.Print(table.Markdown())
	// Output:
	// | group | runs | validation, epoch 0 (%) | validation, epoch 1 (%) | test (%) | angle (°) | norm of fb |
	// |---|---|---|---|---|---|---|
	// | PAL | 2 | 34.0 ± 1.0 | 92.0 ± 2.0 | 92.0 ± 2.0 | 50.0 ± 0.0 | 3.0 ± 0.0 |
}

// Spikes of two populations, above a membrane potential.
func ExamplePanel_Raster() {
	spikes := plotting.NewPanel("Spikes", "", "neuron")
	spikes.Raster("excitatory", [][]float64{{3, 40, 81}, {12, 55}, {20, 61, 90}})
	spikes.Raster("inhibitory", [][]float64{{10, 30, 50, 70}})
	voltage := plotting.NewPanel("", "time (ms)", "voltage (mV)")
	voltage.Lines(plotting.Line{Name: "excitatory", X: []float64{0, 50, 100}, Y: []float64{-65, -55, -60}})
	fig := &plotting.Figure{Panels: []*plotting.Panel{spikes, voltage}, Columns: 1}
	_, err := fig.SVG()
	fmt.Println(err)
	// Output: <nil>
}

// Test accuracies as bars with the single runs.
func ExamplePanel_Bars() {
	p := plotting.NewPanel("Test set", "", "accuracy (%)")
	p.Bars(
		plotting.Sample{Name: "PAL", Values: []float64{96.4, 96.1, 95.9}},
		plotting.Sample{Name: "FA", Values: []float64{93.7, 90.6, 95.2}},
	)
	p.YRange = [2]float64{85, 100}
	mean, std := plotting.MeanStd([]float64{96.4, 96.1, 95.9})
	fmt.Printf("%.1f ± %.1f\n", mean, std)
	// Output: 96.1 ± 0.2
}

// A plotter of gonum in a panel.
func ExamplePanel_Add() {
	p := plotting.NewPanel("Transfer function", "u", "φ(u)")
	p.XRange, p.YRange = [2]float64{-6, 6}, [2]float64{0, 1}
	p.Add(plotter.NewFunction(func(u float64) float64 { return 1 / (1 + math.Exp(-u)) }))
	_, err := plotting.NewFigure("", p).PNG(72)
	fmt.Println(err)
	// Output: <nil>
}

// The angle between bottom-up weights and the transposed top-down weights.
func ExampleAngle() {
	up := []float64{1, 2, 3, 4, 5, 6}   // 2 × 3
	down := []float64{1, 4, 2, 5, 3, 6} // 3 × 2, the transpose
	fmt.Printf("%.0f°\n", plotting.Angle(up, down, 2, 3))
	// Output: 0°
}

// Alignment of top-down weights in two small circuits.
func ExamplePALAlignment() {
	var configs []pal.Config
	for _, seed := range []uint32{1, 2} {
		c := pal.AlignLinear()
		c.Name, c.Seed, c.Epochs = fmt.Sprintf("seed_%d", seed), seed, 2
		c.Data.Samples, c.Presentation.Settling, c.Record.Every = 5, 5, 100
		configs = append(configs, c)
	}
	runs, err := pal.TrainAll(context.Background(), configs, nil)
	if err != nil {
		log.Fatal(err)
	}
	fig, err := plotting.PALAlignment(plotting.PALRuns(runs), nil)
	if err != nil {
		log.Fatal(err)
	}
	if err := plotting.Show(fig); err != nil { // nothing to see in a test
		log.Fatal(err)
	}
	fmt.Println(len(fig.Panels), "panels")
	// Output: 3 panels
}
