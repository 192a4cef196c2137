package dendritic

import "fmt"

// connect builds all projections. The order is that in which input sums add up.
func (n *network[F]) connect() error {
	h := len(n.hidden)
	rates, taus := n.cfg.Learning.Rates, n.cfg.Learning.Taus
	k := kernelsFor[F]()
	add := func(s synapses[F]) error {
		p, err := n.project(s, k)
		if err != nil {
			return fmt.Errorf("dendritic: %s of level %d: %w", s.file, s.level, err)
		}
		n.projections = append(n.projections, p)
		return nil
	}
	for l := 1; l <= h+1; l++ {
		post := n.above(l - 1)
		err := add(synapses[F]{group: groupUp, file: "ff", level: l, eta: rates.Up[l-1], tau: taus.Up, pre: n.below(l), post: post, target: post.sumBasal})
		if err != nil {
			return err
		}
	}
	for l := 1; l <= h; l++ {
		pyr, inter, above := n.hidden[l-1], n.inters[l-1], n.above(l)
		groups := []synapses[F]{
			{group: groupP2I, file: "p2i", eta: rates.P2I[l-1], tau: taus.P2I, pre: pyr, post: inter, target: inter.sumBasal},
			{group: groupDown, file: "fb", eta: rates.Down[l-1], pre: above, post: pyr, target: pyr.sumTop},
			{group: groupI2P, file: "i2p", eta: rates.I2P[l-1], tau: taus.I2P, pre: inter, post: pyr, target: pyr.sumTop},
		}
		if n.unit != nil {
			groups = append(groups,
				synapses[F]{group: groupUp, file: "bias_to_pyr", eta: rates.Up[l-1], tau: taus.Up, pre: n.unit, post: pyr, target: pyr.sumBasal},
				// The original smooths this one with the bottom-up time constant.
				synapses[F]{group: groupP2I, file: "bias_to_inter", eta: rates.P2I[l-1], tau: taus.Up, pre: n.unit, post: inter, target: inter.sumBasal})
		}
		for _, s := range groups {
			s.level = l
			if err := add(s); err != nil {
				return err
			}
		}
		n.relays = append(n.relays, relay[F]{above, inter})
	}
	return nil
}

// project completes a projection: storage, rule, and the cheaper form for the
// input layer where it is exact.
func (n *network[F]) project(s synapses[F], k *kernels[F]) (projection[F], error) {
	pre, post := s.pre.n, s.post.n
	s.rows, s.cols = pre, post
	if s.transposed = pre > post && s.pre != n.in && !n.exact(); s.transposed {
		s.rows, s.cols = post, pre
	}
	s.w = make([]F, pre*post)
	if n.cfg.rule(s.group).Delta != "" {
		s.d = make([]F, pre*post)
	}
	rule, err := n.compile(&s)
	if err != nil {
		return nil, err
	}
	s.rule = rule
	if s.stride = s.cols; n.exact() {
		return newRounded(s), nil
	}
	if rule.form != byRows {
		s.stride = roundUp(s.cols)
		s.w = make([]F, s.rows*s.stride)
		if s.d != nil {
			s.d = make([]F, s.rows*s.stride)
		}
	}
	unfiltered := n.cfg.Circuit.InputTau == n.cfg.Circuit.Dt
	if s.pre == n.in && unfiltered && rule.form == lowPass && rule.preName == "last_rate_pre" && rule.forget <= 1 {
		return newFactored(s, k, n.inputTarget), nil
	}
	return newDense(s, k), nil
}

// exact reports whether state is rounded as in the original, which rules out
// rearranging sums.
func (n *network[F]) exact() bool { return n.cfg.Precision == Float32 }

// find returns the synapse group of a level by its recording name, or nil.
func (n *network[F]) find(level int, file string) projection[F] {
	for _, p := range n.projections {
		if s := p.base(); s.level == level && s.file == file {
			return p
		}
	}
	return nil
}

// population returns a population of a level by its recording name, or nil.
func (n *network[F]) population(level int, name string) *population[F] {
	h := len(n.hidden)
	switch {
	case name == "input" && level == 0:
		return n.in
	case name == "pyramidal" && level >= 1 && level <= h:
		return n.hidden[level-1]
	case name == "inter" && level >= 1 && level <= h:
		return n.inters[level-1]
	case name == "output" && level == h+1:
		return n.out
	case name == "supervisor" && level == h+2:
		return n.sup
	}
	return nil
}
