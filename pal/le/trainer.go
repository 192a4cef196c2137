package le

import (
	"context"
	"math"
	"slices"
	"time"

	"github.com/neurocredit/neurocredit/internal/backend"
)

// trainBatch trains runs that stand at the same place and share a program. Errors of
// single runs are left with them.
func trainBatch(ctx context.Context, b *backend.Backend, runs []*run) error {
	var t *trainer
	defer func() { t.close() }()
	for {
		runs = slices.DeleteFunc(slices.Clone(runs), func(r *run) bool { return r.err != nil || r.done() })
		if len(runs) == 0 {
			return nil
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if t == nil || len(t.runs) != len(runs) { // some have ended
			t.close()
			var err error
			if t, err = newTrainer(b, runs); err != nil {
				return err
			}
		}
		step := t.trainEpoch
		if !runs[0].position.Scored {
			step = t.scoreAll
		}
		if err := step(ctx); err != nil {
			return err
		}
	}
}

// trainer has the programs of some runs, compiled when they are first needed.
type trainer struct {
	*batch
	observer *observer
	runs     []*run
}

func newTrainer(b *backend.Backend, runs []*run) (*trainer, error) {
	var configs []*Config
	for _, r := range runs {
		configs = append(configs, r.cfg)
	}
	g, err := newBatch(b, configs)
	if err != nil {
		return nil, err
	}
	o, err := newObserver(b, configs, configs[0].Evaluation.Code)
	if err != nil {
		g.close()
		return nil, err
	}
	return &trainer{g, o, runs}, nil
}

// close releases the programs. A nil trainer has none.
func (t *trainer) close() {
	if t != nil {
		t.batch.close()
		t.observer.close()
	}
}

func (t *trainer) states() (states [][][]float32) {
	for _, r := range t.runs {
		states = append(states, r.state)
	}
	return states
}

// scoreAll adds a point to every run.
func (t *trainer) scoreAll(ctx context.Context) error {
	first := t.runs[0]
	points, err := first.set.points(ctx, t.observer, t.states(), first.clock, first.position.Epoch)
	if err != nil {
		return err
	}
	for i, r := range t.runs {
		if err := r.score(points[i]); err != nil {
			r.err = err
		}
	}
	return nil
}

// trainEpoch trains the rest of an epoch.
func (t *trainer) trainEpoch(ctx context.Context) error {
	runs, configs := t.runs, t.configs
	defer t.drop()
	if err := t.push(t.states(), runs[0].clock); err != nil {
		return err
	}
	first, size := runs[0], configs[0].Presentation.Batch
	orders := make([][]int, len(runs))
	for i, r := range runs {
		orders[i] = permuted(r.rows, r.cfg.Seed, streamOrder, uint64(r.position.Epoch))
	}
	saved := time.Now()
	for first.position.Batch < first.batches() {
		from := first.position.Batch
		count := min(capacity, first.batches()-from)
		s, err := t.show(t.train, first.set.pool, count, configs[0].Presentation.Updates, func(k, r int) []int {
			return orders[r][(from+k)*size : (from+k+1)*size]
		})
		if err != nil {
			return err
		}
		for i, r := range runs {
			for k := range count {
				r.position.Loss += float64(s.loss[k][i])
			}
			r.position.Batch += count
			r.task.Advance(int64(count))
			if r.err == nil && (math.IsNaN(r.position.Loss) || math.IsInf(r.position.Loss, 0)) {
				r.err = &DivergedError{r.cfg.Name, r.position.Epoch + 1}
			}
		}
		if ctx.Err() != nil || time.Since(saved) > checkpointEvery {
			if err := t.save(); err != nil {
				return err
			}
			saved = time.Now()
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if !slices.ContainsFunc(runs, func(r *run) bool { return r.err == nil }) {
			return nil
		}
	}
	for _, r := range runs {
		r.position.Epoch, r.position.Batch, r.position.Scored = r.position.Epoch+1, 0, false
	}
	return t.save()
}

// save brings the states to the runs and checkpoints those that are sound.
func (t *trainer) save() error {
	states, clock, err := t.pull()
	if err != nil {
		return err
	}
	for i, r := range t.runs {
		if r.err != nil {
			continue
		}
		r.state, r.clock = states[i], clock
		if err := r.checkpoint(); err != nil {
			r.err = err
		}
	}
	return nil
}
