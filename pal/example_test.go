package pal_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/neurocredit/neurocredit/pal"
)

// A tenth of Fig. 3a-c: the top-down weights turn towards the transposed
// bottom-up weights.
func ExampleTrain() {
	c := pal.AlignLinear()
	c.Epochs, c.Record.Updates = 10, false
	r, err := pal.Train(context.Background(), c, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	time, angle, _ := r.Curve("angle_3")
	last := len(angle) - 1
	fmt.Printf("%.0f° at %.0f ms, %.0f° at %.0f ms\n", angle[0], time[0], angle[last], time[last])
	// Output: 89° at -90 ms, 69° at 1000 ms
}

// The three published modes learn from a teacher. After a few epochs, the output
// weights have the right sign; the top-down weight of PAL turns more slowly.
func ExampleTrainAll() {
	var configs []pal.Config
	for _, mode := range pal.Modes() {
		c := pal.Chain(mode)
		c.Epochs = 4
		configs = append(configs, c)
	}
	results, err := pal.TrainAll(context.Background(), configs, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, r := range results {
		w, _ := r.Weights(2, "ff")
		b, _ := r.Weights(1, "fb")
		fmt.Printf("%s: W %.2f, B %.2f\n", r.Config.Name, w.At(0, 0), b.At(0, 0))
	}
	// Output:
	// chain_bp: W 2.32, B 2.32
	// chain_fa: W 2.36, B -0.45
	// chain_pal: W 2.80, B -0.44
}

// A rule of one's own: Hebbian top-down plasticity with Oja's normalisation
// instead of PAL, which does not align.
func ExampleRules() {
	c := pal.AlignLinear()
	c.Epochs, c.Record.Updates = 1, false
	c.Learning.Rules.Down = pal.Rule{Weight: "eta*rate_post*(rate_pre - rate_post*w)"}
	c.Learning.Rates.Down = []float64{0.1, 0.1, 0.1}
	r, err := pal.Train(context.Background(), c, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	for l, a := range r.Last().Alignment {
		fmt.Printf("level %d: %.0f°\n", l+1, a.Angle)
	}
	// Output:
	// level 1: 86°
	// level 2: 90°
	// level 3: 85°
}

// What a rule of top-down synapses may use.
func ExampleRuleScope() {
	scope, err := pal.RuleScope("down")
	if err != nil {
		fmt.Println(err)
		return
	}
	q, _ := scope.Lookup("noise_post")
	fmt.Println(q.Name, "is the", q.Doc)
	fmt.Println(pal.PublishedRules().Down)
	// Output:
	// noise_post is the noise of the apical dendrite
	// eta*(noise_post*highpass_pre - alpha*w)
}

// A network driven by hand: how fast does the output follow its input?
func ExampleNetwork() {
	c := pal.New(2, 3, 1)
	c.Presentation.Time = 0.05 // 5 steps
	n, err := pal.Build(c)
	if err != nil {
		fmt.Println(err)
		return
	}
	for range 400 {
		n.Present([]float64{1, 0}, nil, false, nil)
	}
	show := func(t int) {
		u, _ := n.Read(2, "output", "v_brev")
		fmt.Printf("step %d: %.4f\n", t, u[0])
	}
	if err := n.Present([]float64{0, 1}, nil, false, show); err != nil {
		fmt.Println(err)
	}
	// Output:
	// step 0: 0.5134
	// step 1: 0.5134
	// step 2: 0.4603
	// step 3: 0.4603
	// step 4: 0.4604
}

// The samples of a run with a teacher, and how well the student does on them.
func ExampleEvaluate() {
	ctx := context.Background()
	c := pal.Chain(pal.BP)
	c.Epochs = 50
	set, err := pal.Samples(ctx, c, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	r, err := pal.Train(ctx, c, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	score, err := pal.Evaluate(ctx, r, set)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%d samples, error %.2g\n", score.Samples, score.Error)
	// Output: 100 samples, error 0.0015
}

// A run that can be killed and resumed, and read while it is computed.
func ExampleLoad() {
	dir, err := os.MkdirTemp("", "pal")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	ctx := context.Background()
	c := pal.Chain(pal.PAL)
	c.Epochs = 1
	if _, err := pal.Train(ctx, c, &pal.Options{Dir: dir, Resume: true}); err != nil {
		fmt.Println(err)
		return
	}
	r, err := pal.Load(ctx, dir)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%s: %d points, done %v\n", r.Config.Name, len(r.Points), r.Done)
	// Output: chain_pal: 20 points, done true
}

// The experiments that come with the package are the figures of the paper.
func ExampleReadConfigs() {
	for _, name := range pal.ExperimentNames() {
		configs, err := pal.ReadConfigs(name)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(name, len(configs), configs[0].Name)
	}
	// Output:
	// fig3abc 10 fig3abc_seed_123
	// fig3def 10 fig3def_seed_123
	// fig4ab 30 fig4ab_bp_seed_123
	// prospective 60 prospective_10_prosp_seed_123
}

// How well do random top-down weights fit, and how well the transposed bottom-up
// weights of backpropagation?
func ExampleAlignment() {
	for _, transposed := range []bool{false, true} {
		c := pal.New(3, 5, 4, 2)
		c.Learning.CopyTransposed = transposed
		n, err := pal.Build(c)
		if err != nil {
			fmt.Println(err)
			return
		}
		if err := n.Present([]float64{0.2, 0.5, 0.8}, nil, false, nil); err != nil {
			fmt.Println(err)
			return
		}
		for l, a := range n.Alignment() {
			fmt.Printf("level %d: B to Wᵀ %.0f°, to the fixed point of PAL %.0f°\n", l+1, a.Angle, a.Theory)
		}
	}
	// Output:
	// level 1: B to Wᵀ 87°, to the fixed point of PAL 87°
	// level 2: B to Wᵀ 79°, to the fixed point of PAL 79°
	// level 1: B to Wᵀ 0°, to the fixed point of PAL 1°
	// level 2: B to Wᵀ 0°, to the fixed point of PAL 1°
}

// The weights of a chain over time, as Fig. 4a shows them.
func ExampleResult_Recording() {
	dir, err := os.MkdirTemp("", "pal")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	c := pal.Chain(pal.PAL)
	c.Epochs = 2
	r, err := pal.Train(context.Background(), c, &pal.Options{Dir: dir, Resume: true})
	if err != nil {
		fmt.Println(err)
		return
	}
	w, err := r.Recording(pal.RecordingName{Stage: pal.Training, Level: 2, Group: "ff", Variable: "g"})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%d rows, W from %.2f to %.2f\n", len(w), w[0][0], w[len(w)-1][0])
	// Output: 20 rows, W from -0.70 to 1.42
}

// A rule that lets weights grow without bound ends the run and is named.
func ExampleDivergedError() {
	c := pal.AlignLinear()
	c.Learning.Rules.Down = pal.Rule{Weight: "eta*w"}
	_, err := pal.Train(context.Background(), c, nil)
	var diverged *pal.DivergedError
	if errors.As(err, &diverged) {
		fmt.Println(diverged.Rule)
	}
	// Output: eta*w
}

// A small table of learning curves, for plots and for comparison, and what it
// gives back.
func ExampleWriteSummary() {
	c := pal.AlignLinear()
	c.Epochs, c.Record.Updates = 1, false
	r, err := pal.Train(context.Background(), c, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	var table bytes.Buffer
	if err := pal.WriteSummary(&table, []*pal.Result{r}, []string{"angle_1", "angle_3"}, 3, 4, "one epoch of a hundred"); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(table.String())
	runs, err := pal.ReadSummary(&table)
	if err != nil {
		fmt.Println(err)
		return
	}
	time, angle, _ := runs[0].Curve("angle_3")
	fmt.Println(time, angle)
	// Output:
	// # one epoch of a hundred
	// run,seed,time_ms,angle_1,angle_3
	// align_linear,123,-90,89.33,89.22
	// align_linear,123,-30,89.33,89.22
	// align_linear,123,40,89.01,88.62
	// align_linear,123,100,88.27,87.59
	// [-90 -30 40 100] [89.22 89.22 88.62 87.59]
}

// The teacher of Fig. 4a,b, and what it does with an input.
func ExampleTeacher() {
	teacher, err := pal.Teacher(pal.Chain(pal.PAL))
	if err != nil {
		fmt.Println(err)
		return
	}
	for range 20 { // let its membranes settle
		if err := teacher.Present([]float64{0.5}, nil, false, nil); err != nil {
			fmt.Println(err)
			return
		}
	}
	w, _ := teacher.Weights(1, "ff")
	u, _ := teacher.Read(2, "output", "v_brev")
	fmt.Printf("W₁ %g, output voltage %.3f\n", w.At(0, 0), u[0])
	// Output: W₁ 2, output voltage 0.967
}

// Twelve runs that differ in numbers only, as one program.
func ExampleOptions() {
	var configs []pal.Config
	for seed := range uint32(12) {
		c := pal.Chain(pal.PAL)
		c.Name, c.Seed, c.Epochs = fmt.Sprintf("seed_%d", seed), seed, 1
		c.Data.Samples, c.Presentation.Settling = 10, 10
		configs = append(configs, c)
	}
	results, err := pal.TrainAll(context.Background(), configs, &pal.Options{Engine: pal.EngineGraph, Backend: "go"})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(len(results), "runs done:", results[11].Done)
	// Output: 12 runs done: true
}
