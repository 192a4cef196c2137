package dendritic_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"time"

	"gonum.org/v1/gonum/mat"

	"github.com/neurocredit/neurocredit/data"
	"github.com/neurocredit/neurocredit/dendritic"
)

// A preset, changed, and run in memory.
func ExampleTrain() {
	c := dendritic.YinYang(dendritic.FA)
	c.Epochs = 1
	c.Data.Train, c.Data.Valid, c.Data.Test = 400, 100, 100 // per class
	r, err := dendritic.Train(context.Background(), c, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, e := range r.Epochs {
		fmt.Printf("epoch %d: %.0f %% correct, %.0f degrees\n", e.Epoch, e.Score.Accuracy, e.Alignment[0].Angle)
	}
	fmt.Printf("test: %.0f %%\n", r.Test.Accuracy)
	// Output:
	// epoch 0: 36 % correct, 110 degrees
	// epoch 1: 50 % correct, 90 degrees
	// test: 50 %
}

// Two rules, side by side.
func ExampleTrainAll() {
	var configs []dendritic.Config
	for _, mode := range []dendritic.Mode{dendritic.FA, dendritic.PAL} {
		c := dendritic.YinYang(mode)
		c.Epochs = 1
		c.Data.Train, c.Data.Valid, c.Data.Test = 300, 100, 1
		configs = append(configs, c)
	}
	results, err := dendritic.TrainAll(context.Background(), configs, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, r := range results {
		epochs, accuracy, err := r.Curve("accuracy")
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%s %.0f %.0f\n", r.Config.Name, epochs, accuracy)
	}
	// Output:
	// yin_yang_fa [0 1] [36 47]
	// yin_yang_pal [0 1] [36 48]
}

// A run that is interrupted, resumed, and read back from its directory.
func ExampleOptions() {
	tmp, err := os.MkdirTemp("", "")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(tmp)
	c := dendritic.YinYang(dendritic.FA)
	c.Epochs = 2
	c.Data.Train, c.Data.Valid, c.Data.Test = 300, 100, 100
	o := &dendritic.Options{Dir: filepath.Join(tmp, "fa")}

	soon, cancel := context.WithTimeout(context.Background(), time.Millisecond)
	defer cancel()
	_, err = dendritic.Train(soon, c, o)
	fmt.Println("interrupted:", errors.Is(err, context.DeadlineExceeded))

	o.Resume = true
	if _, err := dendritic.Train(context.Background(), c, o); err != nil {
		fmt.Println(err)
		return
	}
	r, err := dendritic.Load(context.Background(), o.Dir)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("done:", r.Done, "epochs:", r.Last().Epoch)
	// Output:
	// interrupted: true
	// done: true epochs: 2
}

// The largest apical voltage of every validation pass, from a recording: it is 0 in
// the circuit that has not learned yet.
func ExampleResult_Recording() {
	tmp, err := os.MkdirTemp("", "")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(tmp)
	c := dendritic.YinYang(dendritic.FA)
	c.Epochs = 2
	c.Data.Train, c.Data.Valid, c.Data.Test = 100, 20, 1
	c.Record.Variables = dendritic.Variables{"1": {"pyramidal": {"v_apical"}}}
	r, err := dendritic.Train(context.Background(), c, &dendritic.Options{Dir: filepath.Join(tmp, "fa")})
	if err != nil {
		fmt.Println(err)
		return
	}
	rec, err := r.Recording(dendritic.RecordingName{Stage: dendritic.Validation, Level: 1, Group: "pyramidal", Variable: "v_apical"})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer rec.Close()
	for epoch := range r.Epochs {
		first, rows, err := rec.Pass(epoch)
		if err != nil {
			fmt.Println(err)
			return
		}
		values := make([]float64, rows*rec.Width())
		if err := rec.Read(values, first, 1); err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("epoch %d: %d rows, at most %.2f\n", epoch, rows, slices.Max(values))
	}
	// Output:
	// epoch 0: 300 rows, at most 0.00
	// epoch 1: 300 rows, at most 0.03
	// epoch 2: 300 rows, at most 0.03
}

// Weights of a trained network, and how it does on other data.
func ExampleEvaluate() {
	c := dendritic.YinYang(dendritic.FA)
	c.Epochs = 1
	c.Data.Train, c.Data.Valid, c.Data.Test = 300, 1, 1
	r, err := dendritic.Train(context.Background(), c, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	w, err := r.Weights(1, "ff")
	if err != nil {
		fmt.Println(err)
		return
	}
	pre, post := w.Dims()
	fmt.Println(pre, "x", post, "weights into level 1")

	other, err := data.YinYang{Seed: 1, Train: 1, Valid: 1, Test: 600}.Load(context.Background())
	if err != nil {
		fmt.Println(err)
		return
	}
	score, err := dendritic.Evaluate(context.Background(), r, other.Test)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%d points, %.0f %% correct\n", score.Samples, score.Accuracy)
	// Output:
	// 4 x 30 weights into level 1
	// 600 points, 44 % correct
}

// xor is a data set of one's own, with the same four patterns in every part.
type xor struct{}

func (xor) Load(context.Context) (*data.Splits, error) {
	set := &data.Set{
		Inputs:  [][]float64{{0, 0, 1, 1}, {0, 1, 1, 0}, {1, 0, 0, 1}, {1, 1, 0, 0}},
		Labels:  []int{0, 1, 1, 0},
		Classes: 2,
	}
	return &data.Splits{Name: "xor", Train: set, Valid: set, Test: set}, nil
}

// A circuit of one's own size with data of one's own.
func ExampleNew() {
	c := dendritic.New(4, 20, 2)
	c.Name = "xor"
	c.Epochs = 800
	c.Learning.Rates.Up = []float64{50, 0.1}
	c.Learning.Rates.P2I = []float64{0.5}
	r, err := dendritic.Train(context.Background(), c, &dendritic.Options{Data: xor{}})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.0f %% correct\n", r.Test.Accuracy)
	// Output:
	// 100 % correct
}

// Top-down weights come to point along the transposed bottom-up weights, from
// noise alone: nobody teaches this circuit.
func ExampleBuild() {
	c := dendritic.New(4, 6, 3)
	c.Initial.Up = dendritic.Range{Low: -1, High: 1}
	c.Circuit.Noise.Amplitude = 0.1
	c.Learning.Rates.Down = []float64{20}
	c.Learning.Alpha = 1e-3
	c.Learning.I2P = "frozen"
	c.Presentation.Teach = false
	n, err := dendritic.Build(c)
	if err != nil {
		fmt.Println(err)
		return
	}
	pattern, target := []float64{0.2, 0.7, 0.8, 0.3}, make([]float64, 3)
	for k := range 401 {
		if k%100 == 0 {
			fmt.Printf("%5d steps: %.0f degrees\n", 100*k, angle(n))
		}
		if err := n.Present(pattern, target, true, nil); err != nil {
			fmt.Println(err)
			return
		}
	}
	// Output:
	// 0 steps: 78 degrees
	// 10000 steps: 67 degrees
	// 20000 steps: 28 degrees
	// 30000 steps: 9 degrees
	// 40000 steps: 9 degrees
}

// angle compares up_2 with the transposed fb_1.
func angle(n *dendritic.Network) float64 {
	up, err := n.Weights(2, "ff")
	if err != nil {
		return math.NaN()
	}
	down, err := n.Weights(1, "fb")
	if err != nil {
		return math.NaN()
	}
	var product mat.Dense
	product.Mul(up, down)
	return math.Acos(mat.Trace(&product)/mat.Norm(up, 2)/mat.Norm(down, 2)) * 180 / math.Pi
}

// The voltage of an apical dendrite, step by step. It begins at 0, for the circuit
// starts self-predicting, and shows an error as soon as the taught output is heard.
func ExampleNetwork_Present() {
	n, err := dendritic.Build(dendritic.YinYang(dendritic.FA))
	if err != nil {
		fmt.Println(err)
		return
	}
	err = n.Present([]float64{0.2, 0.7, 0.8, 0.3}, []float64{0.1, 1, 0.1}, true, func(t int) {
		if t > 4 {
			return
		}
		apical, err := n.Read(1, "pyramidal", "v_apical")
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("step %d: %.4f\n", t, apical[0])
	})
	if err != nil {
		fmt.Println(err)
	}
	// Output:
	// step 0: 0.0000
	// step 1: 0.0409
	// step 2: 0.0278
	// step 3: 0.0181
	// step 4: 0.0181
}

// An experiment that comes with the package, with another number of epochs.
func ExampleReadConfigs() {
	configs, err := dendritic.ReadConfigs("fig4cd", "epochs=40")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(len(configs), "runs, from", configs[0].Name, "to", configs[len(configs)-1].Name)
	_, err = dendritic.ReadConfigs("fig4cd", "learning.i2p=plastik")
	fmt.Println(err)
	// Output:
	// 40 runs, from fig4cd_fa_seed_123456 to fig4cd_fa-plastic-i2p_seed_123465
	// set learning.i2p=plastik: learning.i2p is "plastik", must be one of auto, plastic, frozen; did you mean plastic?
}

// Oja's rule in place of the published one for the bottom-up synapses.
func ExampleRule() {
	c := dendritic.YinYang(dendritic.FA)
	c.Epochs = 1
	c.Data.Train, c.Data.Valid, c.Data.Test = 100, 100, 1
	c.Learning.Rules.Up = dendritic.Rule{Weight: "eta*rate_post*(rate_pre - rate_post*w)"}
	c.Learning.Rates.Up = []float64{0.1, 0.1}
	r, err := dendritic.Train(context.Background(), c, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	w, err := r.Weights(1, "ff")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("weights of the first neuron: %.2f\n", mat.Formatted(w.ColView(0).T()))
	// Output:
	// weights of the first neuron: [0.81  0.67  0.65  0.79]
}

// What a rule may use.
func ExampleRuleScope() {
	scope, err := dendritic.RuleScope("down")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(scope.Table())
	// Output:
	// name                 shape           unit  meaning
	// w                    [n_pre×n_post]  1     weight
	// delta                [n_pre×n_post]  1     second state of the synapse, 0 at the start
	// eta                  scalar          1     learning rate of the group and level
	// dt                   scalar          ms    time step
	// rate_pre             [n_pre]         1     presynaptic rate
	// last_rate_pre        [n_pre]         1     presynaptic rate one step earlier, which caused the present dendritic voltage
	// rate_post            [n_post]        1     postsynaptic rate
	// last_rate_post       [n_post]        1     postsynaptic rate one step earlier
	// predicted_rate_post  [n_post]        1     rate predicted from the basal dendrite alone, φ(s v_basal)
	// u_post               [n_post]        1     prospective voltage
	// basal_post           [n_post]        1     voltage of the basal dendrite
	// highpass_pre         [n_pre]         1     high-passed presynaptic rate
	// u_pre                [n_pre]         1     presynaptic prospective voltage
	// apical_post          [n_post]        1     voltage of the apical dendrite, without its noise
	// noise_post           [n_post]        1     noise of the apical dendrite
	// highpass_post        [n_post]        1     high-passed postsynaptic rate
	// alpha                scalar          1     decay constant learning.alpha
}

// A rule that grows without bounds is stopped and named.
func ExampleDivergedError() {
	c := dendritic.YinYang(dendritic.FA)
	c.Epochs = 1
	c.Learning.Rules.Up = dendritic.Rule{Weight: "eta*rate_pre*rate_post*w"}
	c.Learning.Rates.Up = []float64{100, 100}
	r, err := dendritic.Train(context.Background(), c, nil)
	var diverged *dendritic.DivergedError
	if errors.As(err, &diverged) {
		fmt.Println("after", len(r.Epochs), "validation:", diverged.Rule)
	}
	// Output:
	// after 1 validation: eta*rate_pre*rate_post*w
}
