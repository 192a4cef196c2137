package dendritic

import (
	"context"
	"errors"
	"math"
)

// member is a run of a batch.
type member struct {
	*worker
	net *network[float64]
	err *error // what the run ends with
	end bool   // nothing is left to do
}

// newHost builds what holds the state of a run between the calls of a program, in
// float64 whatever the precision of the program.
func newHost(c *Config, full bool) (simulator, error) { return newNetwork[float64](c, full) }

// trainBatch carries out runs with the graph engine. What becomes of each is in the
// report; an error is of those that have none there.
func (s *sweep) trainBatch(ctx context.Context, runs []int) error {
	var device int
	select {
	case device = <-s.engines.devices:
		defer func() { s.engines.devices <- device }()
	case <-ctx.Done():
		return interrupted(ctx)
	}
	var all []*member
	for _, i := range runs {
		w, err := s.begin(ctx, i)
		if w != nil && w.run != nil {
			defer w.run.Finish(&s.report[i])
		}
		if err != nil {
			s.report[i] = err
			continue
		}
		s.results[i] = w.result
		all = append(all, &member{worker: w, net: w.sim.(*network[float64]), err: &s.report[i]})
	}
	// Resumed runs need not all stand at the same place: those that do go together.
	for len(all) > 0 {
		var here, elsewhere []*member
		for _, m := range all {
			if m.samePlace(all[0]) {
				here = append(here, m)
			} else {
				elsewhere = append(elsewhere, m)
			}
		}
		s.together(ctx, device, here)
		all = elsewhere
	}
	return nil
}

// samePlace reports whether two runs have come to the same pattern.
func (m *member) samePlace(o *member) bool {
	return m.Epoch == o.Epoch && m.Stage == o.Stage && m.Next == o.Next && (m.Order == nil) == (o.Order == nil) && m.Done == o.Done
}

// together carries out runs that stand at the same place to their ends.
func (s *sweep) together(ctx context.Context, device int, members []*member) {
	c := &crew{members: members}
	var nets []*network[float64]
	for _, m := range members {
		nets = append(nets, m.net)
	}
	var err error
	if c.batch, err = newGraphBatch(s.engines.backend, device, batchPatterns, nets); err == nil {
		defer c.batch.close()
	}
	for err == nil && c.lead() != nil {
		err = c.pass(ctx)
	}
	for _, m := range members {
		if !m.end {
			m.finish(err)
		}
	}
}

// batchPatterns is the largest number of patterns of one call of a program.
const batchPatterns = 64

// crew is a batch at work.
type crew struct {
	batch   *graphBatch
	members []*member // by run of the batch
}

// lead returns a run that goes on, nil if there is none.
func (c *crew) lead() *member {
	for _, m := range c.members {
		if !m.end {
			return m
		}
	}
	return nil
}

// each calls f for the runs that go on. An error ends the run.
func (c *crew) each(f func(m *member) error) {
	for _, m := range c.members {
		if m.end {
			continue
		}
		if err := f(m); err != nil {
			m.finish(err)
		} else if m.Done {
			m.result.Done = true
			m.finish(nil)
		}
	}
}

// finish ends the run.
func (m *member) finish(cause error) {
	m.end = true
	*m.err = m.stop(cause)
	m.task.End(*m.err)
}

// pass runs one pass of all runs, or the rest of it, and notes its outcome. Its error
// concerns all that have not ended.
func (c *crew) pass(ctx context.Context) error {
	lead := c.lead()
	stage := lead.Stage
	c.each(func(m *member) error {
		if m.Order == nil {
			m.beginPass()
		}
		return nil
	})
	for lead = c.lead(); lead != nil && lead.Next < len(lead.Order); lead = c.lead() {
		err := c.segment(ctx, lead)
		c.each(func(m *member) error {
			switch {
			case !m.net.bounded(): // even if interrupted, such a state is not to be saved
				return m.net.diagnose()
			case err == nil && m.checkpointDue():
				return m.run.Checkpoint(m.save)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	c.each(func(m *member) error { return m.passed(stage) })
	return nil
}

// segment shows patterns until the pass is over, a checkpoint is due, or a run is out
// of bounds.
func (c *crew) segment(ctx context.Context, lead *member) error {
	orders := make([][]int, len(c.members))
	for r, m := range c.members {
		if m.end {
			m = lead // it goes on without being looked at
		}
		orders[r] = m.Order[m.Next:]
	}
	// The readouts are noted only when the states are there as well.
	var seen []func()
	err := c.batch.present(ctx, lead.Next == 0, lead.Stage == stageTrain, lead.stages[lead.Stage], orders, func(count int, o readouts) bool {
		on := true
		for r, m := range c.members {
			if m.end {
				continue
			}
			seen = append(seen, func() { m.note(r, count, o) })
			m.task.Advance(int64(count * m.cfg.StepsPerPattern()))
			on = on && o.sound(r, count) && !m.checkpointDue()
		}
		return on
	})
	if stopped := ctx.Err(); err != nil && (stopped == nil || !errors.Is(err, stopped)) {
		c.each(func(m *member) error {
			m.end = true
			*m.err = m.fail(err)
			m.task.End(*m.err)
			return nil
		})
		return err
	}
	for _, f := range seen {
		f()
	}
	return err
}

// checkpointDue reports whether the run wants a checkpoint.
func (w *worker) checkpointDue() bool {
	return w.run != nil && w.run.SinceCheckpoint() > checkpointEvery
}

// note takes the readouts of patterns and moves behind them.
func (m *member) note(run, count int, o readouts) {
	voltage, target := make([]float64, o.outputs), make([]float64, o.outputs)
	for i := range count {
		for k := range o.records {
			o.at(run, i, k, voltage, target)
			m.tally.add(k, voltage, target)
		}
	}
	final := m.final()
	m.Next += count
	if !final {
		m.Index += int64(count * m.cfg.StepsPerPattern())
	}
}

// sound reports whether the output voltages of a run are within bounds.
func (o readouts) sound(run, count int) bool {
	voltage, target := make([]float64, o.outputs), make([]float64, o.outputs)
	for i := range count {
		o.at(run, i, o.records-1, voltage, target)
		for _, v := range voltage {
			if !(math.Abs(v) < limit) {
				return false
			}
		}
	}
	return true
}
