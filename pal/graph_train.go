package pal

import (
	"context"
	"time"

	"github.com/neurocredit/neurocredit/internal/backend"
)

// trainBatch carries runs of equal program and position through settling and
// training, until they are trained or ctx is done. failed gets the errors of single
// runs, which do not stop the others. Orders, points and checkpoints are those of
// the native engine.
func trainBatch(ctx context.Context, b *backend.Backend, batch []*member, failed []error) error {
	first := batch[0]
	if first.Trained {
		return nil
	}
	var nets []*network
	for _, me := range batch {
		nets = append(nets, me.net)
	}
	g, err := newGraphBatch(b, graphCapacity, nets)
	if err != nil {
		return err
	}
	defer g.close()
	if err := g.push(); err != nil {
		return err
	}
	pull := func() error { return g.pull(func(r int) bool { return failed[r] == nil }) }
	within := 0         // steps of the present sample that are done
	saved := time.Now() // for all: a run that has failed is saved no more
	for !first.Trained && (within > 0 || ctx.Err() == nil) {
		save := first.run != nil && time.Since(saved) > checkpointEvery
		s := segment{train: first.Stage == stageTrain, from: within, steps: first.nextSteps(within)}
		if save || ctx.Err() != nil { // neither can be within a sample
			s.steps = min(s.steps, first.sampleSteps()-within)
		}
		s.input = func(run, k int) (x, y []float64) { return batch[run].shown(k) }
		if err := g.advance(s); err != nil {
			return err
		}
		within += s.steps
		last := (within - 1) / first.cfg.StepsPerSample()
		if first.net.count%int64(first.cfg.Record.Every) == 0 {
			if err := pull(); err != nil {
				return err
			}
			for r, me := range batch {
				if failed[r] == nil {
					_, y := me.shown(last)
					failed[r] = me.graphPoint(y)
				}
			}
		}
		for _, me := range batch {
			me.task.Advance(int64(s.steps))
		}
		for !first.Trained && within >= first.sampleSteps() {
			within -= first.sampleSteps()
			for _, me := range batch {
				me.Next++
				me.enter()
			}
		}
		if save && within == 0 {
			if err := pull(); err != nil {
				return err
			}
			for r, me := range batch {
				if failed[r] == nil {
					failed[r] = me.run.Checkpoint(me.save)
				}
			}
			saved = time.Now()
		}
		if allFailed(failed) {
			return nil
		}
	}
	return pull()
}

func allFailed(failed []error) bool {
	for _, err := range failed {
		if err == nil {
			return false
		}
	}
	return true
}

// shown returns the sample k places after the next one of settling or training,
// with its target or nil.
func (s *session) shown(k int) (x, y []float64) {
	if s.Stage == stageSettle {
		return s.set.Inputs[(s.Next+k)%s.set.Len()], nil
	}
	i := s.Order[s.Next+k]
	if s.set.Targets != nil {
		y = s.set.Targets[i]
	}
	return s.set.Inputs[i], y
}

// nextSteps returns the number of steps that can be made at once: up to the next
// point, the end of the stage or epoch, or the capacity.
func (s *session) nextSteps(within int) int {
	per, every := s.cfg.StepsPerSample(), s.cfg.Record.Every
	left := (len(s.Order)-s.Next)*per - within
	if s.Stage == stageSettle {
		left = s.cfg.SettlingSteps() - s.Next*per - within
	}
	return min(graphCapacity, left, every-int(s.net.count%int64(every)))
}

// graphPoint notes a point of the learning curve, of states that were pulled.
func (w *worker) graphPoint(target []float64) error {
	w.net.setTarget(target)
	if !w.net.bounded() {
		return w.net.diagnose()
	}
	w.keepWeights(w.net.count/int64(w.cfg.Record.Every) - 1)
	return w.point()
}
