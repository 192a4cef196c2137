package mdgl

import (
	"math"
	"testing"

	"github.com/neurocredit/neurocredit/data"
)

// TestRewireAnywhere lets connections move, as in the LSNN code: their number stays
// within the budget, and places outside the initial wiring fill up.
func TestRewireAnywhere(t *testing.T) {
	c := short(BPTT)
	c.Wiring.Rewiring, c.Learning.Rate = "anywhere", 0.05
	task := shortTask()
	n, err := newNetwork[float32](&c, task.Shape())
	must(t, err)
	budget := int(n.in.slots + n.rec.slots + n.out.slots)
	start := append([]float32(nil), n.rec.theta...)
	for i := range 10 {
		trials, err := task.Draw(1, data.Training, i, 4)
		must(t, err)
		n.run(trials, BPTT, 1)
		_, err = n.learn()
		must(t, err)
		if got := n.connections(); got > budget || i > 0 && got < budget {
			t.Errorf("update %d: %d connections, budget %d", i, got, budget)
		}
	}
	moved := 0
	for k, theta := range n.rec.theta {
		if theta > 0 && start[k] == 0 {
			moved++
		}
	}
	if moved < 20 {
		t.Errorf("%d new places", moved)
	}
	// Negative control: with rewiring off connections get lost.
	c.Wiring.Rewiring = "off"
	if n, err = newNetwork[float32](&c, task.Shape()); err != nil {
		t.Fatal(err)
	}
	before := n.connections()
	for i := range 10 {
		trials, err := task.Draw(1, data.Training, i, 4)
		must(t, err)
		n.run(trials, BPTT, 1)
		_, err = n.learn()
		must(t, err)
	}
	if n.connections() >= before {
		t.Errorf("%d connections, %d before", n.connections(), before)
	}
}

// TestRewireShares draws free slots among bundles by their size.
func TestRewireShares(t *testing.T) {
	var bundles []*synapses[float32]
	for _, size := range []int{400, 1000, 200} {
		s := newSynapses[float32](1, size, func(int, int) bool { return true })
		s.signed, s.slots = true, float64(size)/4
		bundles = append(bundles, s)
	}
	back := rewire(newRand(1, streamRewiring, 0), bundles...)
	if back != 400 {
		t.Errorf("%d came back, want 400", back)
	}
	for _, s := range bundles {
		if got, want := float64(s.connected()), s.slots; math.Abs(got-want) > 4*math.Sqrt(want) {
			t.Errorf("bundle of %d: %v came back, expected about %v", s.post, got, want)
		}
	}
}

// TestTemperature checks the size of the noise and that disconnected synapses have
// none.
func TestTemperature(t *testing.T) {
	s := newSynapses[float64](1, 10000, func(int, int) bool { return true })
	s.signed = true
	for k := range s.theta {
		s.sign[k], s.theta[k] = 1, 1
		if k%2 == 0 {
			s.theta[k] = 0
		}
	}
	rng := newRand(1, streamRewiring, 0)
	s.learn(adam{rate: 0.01, step: 1}, make([]float64, 10000), 0, 2, rng.NormFloat64)
	sum := 0.0
	for k, theta := range s.theta {
		if k%2 == 0 && theta != 0 {
			t.Fatalf("synapse %d moved to %v", k, theta)
		} else if k%2 == 1 {
			sum += (theta - 1) * (theta - 1)
		}
	}
	if got, want := math.Sqrt(sum/5000), math.Sqrt(2*0.01*2); math.Abs(got-want) > 0.03*want {
		t.Errorf("noise %v, want %v", got, want)
	}
}

// TestUnsigned: without connection probability all synapses exist, and weights may
// change sign.
func TestUnsigned(t *testing.T) {
	c := StoreRecall(BPTT)
	c.Task.Set = "own"
	c.Learning.Rate = 0.1
	task := shortTask()
	n, err := newNetwork[float32](&c, task.Shape())
	must(t, err)
	if len(n.rec.col) != 400 || len(n.out.col) != 40 {
		t.Errorf("%d recurrent and %d output synapses", len(n.rec.col), len(n.out.col))
	}
	limit := math.Sqrt(6.0 / 22)
	start := append([]float32(nil), n.out.w...)
	for _, w := range start {
		if math.Abs(float64(w)) > limit {
			t.Errorf("output weight %v above %v", w, limit)
		}
	}
	flipped := 0
	for i := range 5 {
		trials, err := task.Draw(1, data.Training, i, 4)
		must(t, err)
		n.run(trials, BPTT, 1)
		_, err = n.learn()
		must(t, err)
	}
	for k, w := range n.out.w {
		if w*start[k] < 0 {
			flipped++
		}
	}
	if flipped == 0 {
		t.Error("no output weight changed its sign")
	}
}
