package data

import (
	"math"
	"reflect"
	"strings"
	"testing"
)

// drawAll draws batches until there are n trials and checks each.
func drawAll(t *testing.T, task Task, n, batch int) []Trial {
	t.Helper()
	var all []Trial
	for i := 0; len(all) < n; i++ {
		trials, err := task.Draw(7, Training, i, batch)
		if err != nil {
			t.Fatal(err)
		}
		for k := range trials {
			if err := trials[k].Check(task.Shape()); err != nil {
				t.Fatal(err)
			}
		}
		all = append(all, trials...)
	}
	return all[:n]
}

// within demands |got - want| <= tol.
func within(t *testing.T, what string, got, want, tol float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tol) {
		t.Errorf("%s: %v, want %v ± %v", what, got, want, tol)
	}
}

func TestEvidenceStatistics(t *testing.T) {
	task := DefaultEvidence()
	if s := task.Shape(); s != (Shape{2000, 40, 2}) {
		t.Fatal(s)
	}
	const n = 1024
	var recall, background, late, twice, cueSteps, cueSpikes, labels float64
	var sides [7]float64
	for i, tr := range drawAll(t, task, n, 64) {
		seen := map[int32]bool{}
		lefts := 0
		var left, right [7]float64
		for _, e := range tr.Events {
			switch g := e.Channel / 10; {
			case g == 3:
				background += float64(e.Value)
			case g == 2:
				if e.Step < 1850 {
					t.Fatalf("trial %d: recall at step %d", i, e.Step)
				}
				recall += float64(e.Value)
			case e.Step >= 1000 || e.Step%150 >= 100:
				late++
			default:
				cueSpikes += float64(e.Value)
				if cueSteps++; e.Value >= 2 {
					twice++
				}
				c := e.Step / 150
				if g == 0 {
					left[c] += float64(e.Value)
				} else {
					right[c] += float64(e.Value)
				}
				seen[c] = true
			}
		}
		for c := range 7 {
			if left[c] > 0 && right[c] > 0 {
				t.Fatalf("trial %d: cue %d on both sides", i, c)
			}
			if left[c] > 0 {
				lefts++
				sides[c]++
			}
		}
		if want := lefts > 3; (tr.Decisions[0].Label == 1) != want {
			t.Fatalf("trial %d: %d left cues, label %d", i, lefts, tr.Decisions[0].Label)
		}
		labels += float64(tr.Decisions[0].Label)
	}
	if late > 0 {
		t.Errorf("%v cue spikes outside the cues", late)
	}
	within(t, "spikes of a cue channel", cueSpikes/n/70, 4, 0.04)
	within(t, "two or more among the spiking steps", twice/cueSteps, 1-0.04*math.Exp(-0.04)/-math.Expm1(-0.04), 0.003)
	within(t, "spikes of a recall channel", recall/n/10, 6, 0.1)
	within(t, "spikes of a background channel", background/n/10, 20, 0.2)
	within(t, "share of label 1", labels/n, 0.5, 0.05)
	for c := range sides {
		within(t, "share of left cues", sides[c]/n, 0.5, 0.06)
	}
}

// TestEvidencePatterns draws all patterns at once: each must occur once, and
// exactly half of them have label 1.
func TestEvidencePatterns(t *testing.T) {
	task := DefaultEvidence()
	task.Rate = 900 // every cue is seen
	trials, err := task.Draw(1, Validation, 3, 128)
	if err != nil {
		t.Fatal(err)
	}
	seen, ones := map[int]bool{}, 0
	for _, tr := range trials {
		pattern := 0
		for _, e := range tr.Events {
			if e.Channel < 10 {
				pattern |= 1 << (6 - e.Step/150)
			}
		}
		seen[pattern] = true
		ones += tr.Decisions[0].Label
	}
	if len(seen) != 128 || ones != 64 {
		t.Errorf("%d patterns, %d with label 1; want 128 and 64", len(seen), ones)
	}
}

func TestDelayedMatchStatistics(t *testing.T) {
	task := DefaultDelayedMatch()
	if s := task.Shape(); s != (Shape{1100, 50, 2}) {
		t.Fatal(s)
	}
	const n = 2000
	var joint [2][2]float64
	var cue, background float64
	for _, tr := range drawAll(t, task, n, 50) {
		var on [2]int
		for _, e := range tr.Events {
			switch {
			case e.Channel >= 40:
				background += float64(e.Value)
			default:
				c := int(e.Channel / 20)
				if from := []int32{50, 950}[c]; e.Step < from || e.Step >= from+150 {
					t.Fatalf("cue %d at step %d", c, e.Step)
				}
				on[c] = 1
				cue += float64(e.Value)
			}
		}
		joint[on[0]][on[1]]++
		if (on[0] == on[1]) != (tr.Decisions[0].Label == 1) {
			t.Fatalf("cues %v, label %d", on, tr.Decisions[0].Label)
		}
	}
	for _, row := range joint {
		for _, x := range row {
			within(t, "share of a pair of cues", x/n, 0.25, 0.035)
		}
	}
	within(t, "spikes of a cue channel", cue/n/20, 6, 0.2)
	within(t, "spikes of a background channel", background/n/10, 11, 0.15)
}

func TestPatternIsFrozen(t *testing.T) {
	task := DefaultPattern()
	trials := drawAll(t, task, 2, 1)
	if !reflect.DeepEqual(trials[0], trials[1]) {
		t.Error("two batches differ")
	}
	other, err := task.Draw(8, Training, 0, 1)
	if err != nil {
		t.Fatal(err)
	}
	if reflect.DeepEqual(other[0], trials[0]) {
		t.Error("another seed gives the same trial")
	}
	largest := 0.0
	for _, y := range trials[0].Target {
		largest = max(largest, math.Abs(y))
	}
	within(t, "largest target", largest, 1, 1e-15)
	within(t, "spikes per channel", float64(len(trials[0].Events))/100, 20, 1.5)
	// The target holds the five frequencies and no other.
	power := func(hz float64) float64 {
		var re, im float64
		for t, y := range trials[0].Target {
			s, c := math.Sincos(2 * math.Pi * hz * float64(t) / 1000)
			re, im = re+y*c, im+y*s
		}
		return math.Hypot(re, im) / 1000
	}
	for _, hz := range []float64{0.5, 1, 2, 3, 4} {
		if power(hz) < 0.05 {
			t.Errorf("%v Hz is missing: %v", hz, power(hz))
		}
	}
	for _, hz := range []float64{1.5, 2.5, 3.5, 5} {
		if power(hz) > 1e-9 {
			t.Errorf("%v Hz: %v", hz, power(hz))
		}
	}
}

func TestStoreRecallRules(t *testing.T) {
	task := DefaultStoreRecall()
	const n = 512
	var inverted, pairs, spikes, active, recalls, ones float64
	for i, tr := range drawAll(t, task, n, 128) {
		var on [12][4]float64
		for _, e := range tr.Events {
			if e.Value != 1 {
				t.Fatalf("value %v", e.Value)
			}
			on[e.Step/200][e.Channel/25]++
		}
		kept, open, decision := 0, false, 0
		for k, g := range on {
			for _, c := range g {
				if spikes += c; c > 0 {
					active++
				}
			}
			switch {
			case g[2] > 0:
				if open || (g[0] > 0) == (g[1] > 0) || g[3] > 0 {
					t.Fatalf("trial %d: symbol %d: %v", i, k, g)
				}
				open, kept = true, 0
				if g[1] > 0 {
					kept = 1
				}
				pairs++
				if on[k+1][1-kept] > 0 {
					inverted++
				}
			case g[3] > 0:
				if !open {
					t.Fatalf("trial %d: recall without store", i)
				}
				open = false
				if d := tr.Decisions[decision]; d != (Decision{200 * k, 200 * (k + 1), kept}) {
					t.Fatalf("trial %d: decision %v, kept %d at symbol %d", i, d, kept, k)
				}
				decision++
				recalls++
				ones += float64(kept)
			}
		}
		if open || decision != len(tr.Decisions) || decision == 0 {
			t.Fatalf("trial %d: %d decisions of %d", i, decision, len(tr.Decisions))
		}
	}
	within(t, "spikes per active group and symbol", spikes/active, 25*200*0.05, 1)
	within(t, "inverted bits", inverted/pairs, 0.5, 0.08)
	within(t, "stored ones", ones/recalls, 0.5, 0.08)
	if recalls/n < 1 || recalls/n > 2 {
		t.Errorf("%v recalls per sequence", recalls/n)
	}
}

func TestSequentialMNIST(t *testing.T) {
	digits := &Set{Classes: 10}
	for i := range 5 {
		image := make([]float64, 784)
		image[i+1], image[783-i] = 255.0/256, 100.0/256
		digits.Inputs, digits.Labels = append(digits.Inputs, image), append(digits.Labels, i)
	}
	task := SequentialMNIST{Digits: &Splits{Train: digits, Valid: digits, Test: digits}, Channels: 80}
	if s := task.Shape(); s != (Shape{840, 80, 10}) {
		t.Fatal(s)
	}
	counts := map[int]int{}
	for _, tr := range drawAll(t, task, 15, 3) {
		counts[tr.Decisions[0].Label]++
		var cue, white int
		for _, e := range tr.Events {
			switch e.Channel {
			case 79:
				cue++
			case 78:
				white++
			}
		}
		if cue != 56 || white != 1 {
			t.Errorf("%d cue steps, %d white pixels", cue, white)
		}
	}
	for label := range 5 {
		if counts[label] != 3 {
			t.Errorf("digit %d shown %d times in three passes", label, counts[label])
		}
	}
	test, err := task.Draw(1, Testing, 1, 2)
	if err != nil {
		t.Fatal(err)
	}
	if test[0].Decisions[0].Label != 2 || test[1].Decisions[0].Label != 3 {
		t.Error("test images are not in order")
	}
	task.Channels = 1
	grey := drawAll(t, task, 1, 1)[0]
	if len(grey.Events) != 2 || grey.Events[0].Value != 1 || grey.Events[1].Value != float32(100.0/255) {
		t.Errorf("grey values %v", grey.Events)
	}
}

func TestTasksAreSeeded(t *testing.T) {
	for _, task := range []Task{DefaultEvidence(), DefaultDelayedMatch(), DefaultStoreRecall()} {
		draw := func(seed uint64, stage Stage, index int) []Trial {
			trials, err := task.Draw(seed, stage, index, 4)
			if err != nil {
				t.Fatal(err)
			}
			return trials
		}
		a := draw(1, Training, 5)
		if !reflect.DeepEqual(a, draw(1, Training, 5)) {
			t.Errorf("%T: the same batch twice differs", task)
		}
		for _, b := range [][]Trial{draw(2, Training, 5), draw(1, Validation, 5), draw(1, Training, 6)} {
			if reflect.DeepEqual(a, b) {
				t.Errorf("%T: another batch is the same", task)
			}
		}
	}
}

func TestTaskErrors(t *testing.T) {
	evidence, match, pattern, store := DefaultEvidence(), DefaultDelayedMatch(), DefaultPattern(), DefaultStoreRecall()
	evidence.Cues, match.Rate, pattern.Steps, store.Symbols = 4, 1000, 0, 2
	for _, c := range []struct {
		task Task
		n    int
		want string
	}{
		{evidence, 1, "cues 4"}, {DefaultEvidence(), 129, "129 trials"}, {DefaultEvidence(), 0, "0 trials"},
		{match, 1, "rate 1000 Hz"}, {pattern, 1, "steps 0"}, {store, 1, "2 symbols"},
		{SequentialMNIST{Channels: 5}, 1, "channels 5"}, {SequentialMNIST{Channels: 80}, 1, "no digits"},
	} {
		if _, err := c.task.Draw(1, Training, 0, c.n); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: error %v, want %q", c.task, err, c.want)
		}
	}
}

func TestTrialCheck(t *testing.T) {
	shape := Shape{10, 2, 2}
	ok := []Decision{{9, 10, 1}}
	for _, c := range []struct {
		tr   Trial
		want string
	}{
		{Trial{Events: []Event{{0, 0, 1}, {9, 1, 2}}, Decisions: ok}, ""},
		{Trial{Events: []Event{{10, 0, 1}}, Decisions: ok}, "step 10"},
		{Trial{Events: []Event{{0, 2, 1}}, Decisions: ok}, "channel 2"},
		{Trial{Events: []Event{{3, 0, 1}, {2, 0, 1}}, Decisions: ok}, "in order"},
		{Trial{Events: []Event{{3, 0, float32(math.NaN())}}, Decisions: ok}, "finite"},
		{Trial{}, "one of the two"},
		{Trial{Decisions: []Decision{{9, 11, 0}}}, "decision 0"},
		{Trial{Decisions: []Decision{{0, 5, 0}, {4, 6, 0}}}, "decision 1"},
		{Trial{Target: make([]float64, 3)}, "3 values"},
	} {
		err := c.tr.Check(shape)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: error %v, want %q", c.tr, err, c.want)
		}
	}
}
