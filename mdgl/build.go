package mdgl

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"gonum.org/v1/gonum/mat"

	"github.com/neurocredit/neurocredit/data"
)

// Network is a network that you drive yourself, batch by batch. [Train] does that
// for whole experiments. A Network is used by one goroutine at a time, and uses all
// cores.
type Network struct {
	cfg   Config
	shape data.Shape
	noise int // see SetNoise
	engine
}

// Gradient holds derivatives of the loss by weights, or what a rule takes for them.
// It has values for disconnected synapses too, and none (0) where there can be no
// synapse.
type Gradient struct {
	In        *mat.Dense // [channels, N]
	Recurrent *mat.Dense // [N, N]
	Out       *mat.Dense // [N, outputs]
	Bias      []float64  // [outputs]
}

// Activity is what happens in one trial: T steps, N neurons, K outputs.
type Activity struct {
	Spikes     [][]int    // [T] neurons that spike
	Voltage    *mat.Dense // [T, N] v; with the lsnn cell v of the step before
	Adaptation *mat.Dense // [T, N] b, 0 for regular neurons
	Pseudo     *mat.Dense // [T, N] h = max(0, 1-|u|), 0 in refractoriness
	Readout    *mat.Dense // [T, K]
	Direct     *mat.Dense // [T, N] direct learning signal L, if the trial is alone in its batch

	// Modulatory is what the rule of the configuration adds to Direct, [T, N]: the
	// modulators that a neuron receives from those one synapse away. Nil for bptt,
	// eprop and on_mdgl. It leaves out the rate cost.
	Modulatory *mat.Dense
}

// Build makes a network with initial weights drawn from the seed, for a task of the
// given shape.
func Build(c Config, shape data.Shape) (*Network, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if err := c.checkShape(shape); err != nil {
		return nil, err
	}
	n := &Network{cfg: c, shape: shape, noise: -1}
	var err error
	n.engine, err = newEngine(&n.cfg, shape)
	return n, err
}

// checkShape checks what a task must fulfil.
func (c *Config) checkShape(shape data.Shape) error {
	if shape.Steps < 1 || shape.Channels < 1 || shape.Outputs < 1 {
		return fmt.Errorf("mdgl: shape %+v must be >= 1 in every part", shape)
	}
	if c.Cells.Delays > shape.Steps {
		return fmt.Errorf("mdgl: cells.delays %d is longer than a trial of %d steps, must be at most that", c.Cells.Delays, shape.Steps)
	}
	w := &c.Wiring
	if w.Dale && w.In > 0 && excitatory(shape.Channels, w.Excitatory) == shape.Channels {
		return fmt.Errorf("mdgl: wiring.excitatory %g leaves no inhibitory one of %d input channels, which balanced weights need; with wiring.in: 0 every channel has weights of both signs to all neurons", w.Excitatory, shape.Channels)
	}
	return nil
}

// SetNoise chooses the noise of the cells (cells.noise) in the calls that follow: that of
// batch number index. Without it, and after SetNoise(-1), it is the number of updates
// made, as in [Train], so that every update hears noise of its own, while other calls
// between two updates hear the same.
func (n *Network) SetNoise(index int) { n.noise = index }

func (n *Network) chooseNoise() {
	index := n.noise
	if index < 0 {
		index = n.made()
	}
	n.setNoise(noiseKey(data.Training, index))
}

// Score runs a batch and returns what it costs.
func (n *Network) Score(trials []data.Trial) (Score, error) {
	if err := n.check(trials); err != nil {
		return Score{}, err
	}
	n.chooseNoise()
	s, err := n.batch(trials, "", 0)
	return newScore(s, n.meanRates(), len(trials)), err
}

// Gradient runs a batch and returns its gradient under a rule, which need not be
// that of the configuration. Weights do not change.
func (n *Network) Gradient(rule Rule, trials []data.Trial) (*Gradient, Score, error) {
	s, err := n.backward(rule, trials)
	if err != nil {
		return nil, Score{}, err
	}
	return n.gradients(), s, nil
}

// Update runs a batch and makes one update of the weights with the rule of the
// configuration. The score is that before the update. It returns a *DivergedError,
// and changes nothing, if the gradient is not finite.
func (n *Network) Update(trials []data.Trial) (Score, error) {
	s, err := n.backward(n.cfg.Learning.Rule, trials)
	if err == nil {
		_, err = n.learn()
	}
	return s, err
}

func (n *Network) backward(rule Rule, trials []data.Trial) (Score, error) {
	c := n.cfg
	c.Learning.Rule = rule
	if err := errors.Join(c.Validate(), n.check(trials)); err != nil {
		return Score{}, err
	}
	n.chooseNoise()
	s, err := n.batch(trials, rule, 0)
	return newScore(s, n.meanRates(), len(trials)), err
}

// Watch runs one trial and returns all that happens in it.
func (n *Network) Watch(trial data.Trial) (*Activity, error) {
	if err := n.check([]data.Trial{trial}); err != nil {
		return nil, err
	}
	n.chooseNoise()
	return n.watch(&trial), nil
}

// Weights returns the present weights of a group as [pre, post]: in, recurrent or
// out; or bias as [1, outputs].
func (n *Network) Weights(group string) (*mat.Dense, error) { return n.weights(group) }

// SetWeights sets the weights of a group. There must be a synapse for every weight
// other than 0, and with signed synapses the signs must agree.
func (n *Network) SetWeights(group string, w mat.Matrix) error { return n.setWeights(group, w) }

func (n *Network) check(trials []data.Trial) error {
	if len(trials) == 0 {
		return errors.New("mdgl: a batch must have at least one trial")
	}
	return checkTrials(trials, n.shape)
}

func checkTrials(trials []data.Trial, shape data.Shape) error {
	for i := range trials {
		if err := trials[i].Check(shape); err != nil {
			return fmt.Errorf("mdgl: trial %d: %w", i, err)
		}
		if (trials[i].Target == nil) != (trials[0].Target == nil) {
			return fmt.Errorf("mdgl: trial %d: a batch has either decisions or targets", i)
		}
	}
	return nil
}

// LoadTask returns the task that the configuration names. It reads the images of
// sequential_mnist; own has no task.
func (c *Config) LoadTask(ctx context.Context) (data.Task, error) {
	switch c.Task.Set {
	case "evidence":
		task := data.DefaultEvidence()
		task.Rate = cmp.Or(c.Task.Rate, task.Rate)
		if c.Task.Delay > 0 {
			task.Delay = c.Task.Delay
		}
		return task, nil
	case "delayed_match":
		task := data.DefaultDelayedMatch()
		task.Rate = cmp.Or(c.Task.Rate, task.Rate)
		if c.Task.Delay > 0 {
			task.Delay = c.Task.Delay
		}
		return task, nil
	case "pattern":
		return data.DefaultPattern(), nil
	case "store_recall":
		task := data.DefaultStoreRecall()
		task.Symbols, task.Duration = cmp.Or(c.Task.Symbols, task.Symbols), cmp.Or(c.Task.SymbolTime, task.Duration)
		task.Spacing, task.Rate = cmp.Or(c.Task.Spacing, task.Spacing), cmp.Or(c.Task.Rate, task.Rate)
		return task, nil
	case "sequential_mnist":
		digits, err := data.MNIST{Dir: c.Task.Dir}.Load(ctx)
		if err != nil {
			return nil, fmt.Errorf("mdgl: %w", err)
		}
		task := data.SequentialMNIST{Digits: digits, Channels: 80, PixelTime: c.Task.PixelTime, Downsampled: c.Task.Downsampled}
		if c.Task.Channels > 0 {
			task.Channels = c.Task.Channels
		}
		return task, nil
	}
	return nil, fmt.Errorf("mdgl: task.set is %s, so Options.Task must give a data.Task", c.Task.Set)
}
