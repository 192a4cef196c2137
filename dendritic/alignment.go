package dendritic

import "math"

// Alignment compares the weights around one hidden level l
// (docs/models/dendritic.md, section 12).
type Alignment struct {
	Angle       float64 // degrees between up_{l+1} and the transposed fb_l
	NormUp      float64 // Frobenius norm of up_{l+1}
	NormDown    float64 // Frobenius norm of fb_l
	P2IMismatch float64 // Frobenius norm of up_{l+1} - p2i_l, 0 in the self-predicting state
	I2PMismatch float64 // Frobenius norm of fb_l + i2p_l, 0 in the self-predicting state
}

// align compares weight matrices given row-major: up and p2i as [n_l][n_{l+1}],
// down and i2p as [n_{l+1}][n_l].
func align(up, down, p2i, i2p []float64, rows, cols int) Alignment {
	var dot, uu, dd, pp, ii float64
	for j := range rows {
		for h := range cols {
			u, d := up[j*cols+h], down[h*rows+j]
			dot += u * d
			uu += u * u
			dd += d * d
			pp += (u - p2i[j*cols+h]) * (u - p2i[j*cols+h])
			ii += (d + i2p[h*rows+j]) * (d + i2p[h*rows+j])
		}
	}
	return Alignment{
		Angle:  degrees(dot / math.Sqrt(uu*dd)),
		NormUp: math.Sqrt(uu), NormDown: math.Sqrt(dd), P2IMismatch: math.Sqrt(pp), I2PMismatch: math.Sqrt(ii),
	}
}

// degrees returns the angle of a cosine that rounding may have pushed beyond ±1.
func degrees(cos float64) float64 {
	return math.Acos(max(-1, min(1, cos))) * 180 / math.Pi
}

// alignments reads the weights of a running simulation.
func alignments(c *Config, sim simulator) ([]Alignment, error) {
	var all []Alignment
	for l := 1; l <= c.Hidden(); l++ {
		var w [4][]float64
		for i, g := range []struct {
			level int
			name  string
		}{{l + 1, "ff"}, {l, "fb"}, {l, "p2i"}, {l, "i2p"}} {
			read, err := sim.reader(g.level, g.name, "g")
			if err != nil {
				return nil, err
			}
			w[i] = read()
		}
		all = append(all, align(w[0], w[1], w[2], w[3], c.Circuit.Levels[l], c.Circuit.Levels[l+1]))
	}
	return all, nil
}
