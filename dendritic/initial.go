package dendritic

import "github.com/neurocredit/neurocredit/internal/mt19937"

// drawWeights sets the initial weights (docs/models/dendritic.md, section 6). The
// order of the draws is part of the model: it decides which numbers a seed
// gives, here and for the sample orders that follow from the same generator.
func (n *network[F]) drawWeights(rng *mt19937.Source) {
	h := len(n.hidden)
	draw := func(level int, file string, r Range) {
		s := n.find(level, file).base()
		w := make([]float64, s.size())
		for i := range w {
			w[i] = rng.Uniform(r.Low, r.High)
		}
		s.load(s.w, w)
	}
	init := n.cfg.Initial
	for l := 1; l <= h+1; l++ {
		draw(l, "ff", init.Up)
	}
	for l := h; l >= 1; l-- {
		draw(l, "fb", init.Down)
	}
	for l := 1; l <= h && !init.SelfPredict; l++ {
		draw(l, "p2i", init.P2I)
		draw(l, "i2p", init.I2P)
	}
	for l := 1; l <= h && n.unit != nil; l++ {
		draw(l, "bias_to_inter", init.P2I)
		draw(l, "bias_to_pyr", init.Up)
	}
	if init.SelfPredict {
		for l := 1; l <= h; l++ {
			n.selfPredict(l)
		}
	}
}

// selfPredict copies the bottom-up weights of the level above to p2i and the
// negative of the top-down weights to i2p.
func (n *network[F]) selfPredict(l int) {
	scale := F(1)
	if n.cfg.Initial.ScaledSelfPredict && l < len(n.hidden) {
		g := n.cfg.Circuit.Conductances
		scale = F(g.Basal * (g.Leak + g.Dendrite) / (g.Dendrite * (g.Leak + g.Basal + g.Apical)))
	}
	n.copyWeights(l+1, "ff", l, "p2i", scale)
	n.copyWeights(l, "fb", l, "i2p", -1)
}

// copyWeights sets the weights of one group to a multiple of another's of the
// same shape.
func (n *network[F]) copyWeights(fromLevel int, from string, toLevel int, to string, scale F) {
	a, b := n.find(fromLevel, from), n.find(toLevel, to)
	a.settle()
	src, dst := a.base(), b.base()
	for i := range src.pre.n {
		for j := range src.post.n {
			dst.w[dst.at(i, j)] = scale * src.w[src.at(i, j)]
		}
	}
}

// copyTransposed makes the feedback that of backpropagation: top-down weights
// are the transposed bottom-up weights, and i2p cancels them.
func (n *network[F]) copyTransposed() {
	up, down := n.find(2, "ff").base(), n.find(1, "fb").base()
	for i := range up.pre.n {
		for j := range up.post.n {
			down.w[down.at(j, i)] = up.w[up.at(i, j)]
		}
	}
	n.copyWeights(1, "fb", 1, "i2p", -1)
}
