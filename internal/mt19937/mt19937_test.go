package mt19937

import (
	"math"
	"math/big"
	"strings"
	"testing"
)

func TestKeyOfOneDiffersFromSeed(t *testing.T) {
	if a, b := New(42).Uint32(), NewFromKey([]uint32{42}).Uint32(); a == b {
		t.Errorf("New(42) and NewFromKey([42]) both start with %d", a)
	}
}

func TestPanics(t *testing.T) {
	for name, f := range map[string]func(){
		"empty key":        func() { NewFromKey(nil) },
		"IntUpTo(-1)":      func() { New(1).IntUpTo(-1) },
		"IntUpTo(1 << 32)": func() { New(1).IntUpTo(1 << 32) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if message, _ := recover().(string); !strings.HasPrefix(message, "mt19937: ") {
					t.Errorf("recovered %q, want a message of this package", message)
				}
			}()
			f()
		})
	}
}

func TestIntUpToZeroUsesNoOutput(t *testing.T) {
	s := New(3)
	if v := s.IntUpTo(0); v != 0 {
		t.Errorf("IntUpTo(0) = %d", v)
	}
	if a, b := s.Uint32(), New(3).Uint32(); a != b {
		t.Errorf("first output after IntUpTo(0) is %d, want %d", a, b)
	}
}

// TestLogarithm compares with an evaluation in 200 bits.
func TestLogarithm(t *testing.T) {
	arguments := []float64{0x1p-104, 0.5, math.Sqrt2 / 2, math.Nextafter(math.Sqrt2/2, 0), math.Nextafter(1, 0), math.Nextafter(0.5, 0)}
	s := New(11)
	for range 2000 {
		arguments = append(arguments, s.Float64(), 1-s.Float64()/1024, s.Float64()/(1<<40))
	}
	wrong := 0
	for _, q := range arguments {
		want := exactLog(q)
		got := logarithm(q)
		if math.Abs(got-want) > math.Abs(want)*0x1p-52 {
			t.Errorf("logarithm(%x) = %x, want %x", q, got, want)
		}
		if got != want {
			wrong++
		}
	}
	if wrong > 1 {
		t.Errorf("%d of %d logarithms are not rounded correctly", wrong, len(arguments))
	}
}

// exactLog returns ln q, computed in 200 bits as k ln r with r = q^(1/k) close
// to 1 and ln r = 2 artanh((r-1)/(r+1)).
func exactLog(q float64) float64 {
	const halvings = 12
	r := new(big.Float).SetPrec(260).SetFloat64(q)
	for range halvings {
		r.Sqrt(r)
	}
	one := new(big.Float).SetPrec(260).SetInt64(1)
	num := new(big.Float).Sub(r, one)
	s := new(big.Float).Quo(num, new(big.Float).Add(r, one))
	z := new(big.Float).Mul(s, s)
	sum := new(big.Float).SetPrec(260)
	power := new(big.Float).Copy(s)
	for k := int64(1); k < 60; k += 2 {
		sum.Add(sum, new(big.Float).Quo(power, new(big.Float).SetInt64(k)))
		power.Mul(power, z)
	}
	sum.SetMantExp(sum, halvings+1)
	y, _ := sum.Float64()
	return y
}

func TestStateRoundTrip(t *testing.T) {
	for name, advance := range map[string]func(*Source){
		"fresh":       func(*Source) {},
		"in a block":  func(s *Source) { s.Uniform(0, 1) },
		"kept normal": func(s *Source) { s.Normal() },
		"end of block": func(s *Source) {
			for range words {
				s.Uint32()
			}
		},
		"after a block": func(s *Source) {
			for range 1000 {
				s.Uint32()
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := New(9876543)
			advance(s)
			state, err := s.MarshalBinary()
			if err != nil {
				t.Fatal(err)
			}
			copied := New(1)
			copied.Normal()
			if err := copied.UnmarshalBinary(state); err != nil {
				t.Fatal(err)
			}
			for i := range 2000 {
				if a, b := s.Normal(), copied.Normal(); a != b {
					t.Fatalf("number %d after the copy is %v, want %v", i, b, a)
				}
			}
		})
	}
}

func TestUnmarshalErrors(t *testing.T) {
	good, _ := New(1).MarshalBinary()
	change := func(at int, values ...byte) []byte {
		b := append([]byte(nil), good...)
		copy(b[at:], values)
		return b
	}
	position := len(stateTag) + 4*words
	for _, test := range []struct {
		name string
		data []byte
		want string
	}{
		{"empty", nil, "0 bytes"},
		{"truncated", good[:len(good)-1], "bytes"},
		{"other tag", change(0, 'x'), `"xt1\x00"`},
		{"position", change(position, 0xff, 0xff), "position 65535"},
		{"flag", change(position+2, 7), "7 kept"},
		{"NaN", change(position+3, 1, 0, 0, 0, 0, 0, 0xf8, 0x7f), "NaN"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := New(5)
			err := s.UnmarshalBinary(test.data)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want one with %q", err, test.want)
			}
			if *s != *New(5) {
				t.Error("a failed UnmarshalBinary changed the generator")
			}
		})
	}
}

func FuzzUnmarshalBinary(f *testing.F) {
	good, _ := New(1).MarshalBinary()
	f.Add(good)
	f.Add(good[:100])
	f.Add([]byte(stateTag))
	f.Fuzz(func(t *testing.T, data []byte) {
		s := New(2)
		if s.UnmarshalBinary(data) != nil {
			return
		}
		again, _ := s.MarshalBinary()
		if s.cached && string(again) != string(data) {
			t.Error("state changed by a round trip")
		}
		s.Normal()
	})
}

func BenchmarkFloat64(b *testing.B) {
	s := New(1)
	for b.Loop() {
		s.Float64()
	}
}

func BenchmarkNormal(b *testing.B) {
	s := New(1)
	for b.Loop() {
		s.Normal()
	}
}
