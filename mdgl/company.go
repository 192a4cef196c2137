package mdgl

import "sync"

// company brings requests of runs together that go on at the same time: it serves them
// when every member waits for an answer.
type company[F graphFloat] struct {
	batch *graphBatch[F]

	mu      sync.Mutex
	members int
	waiting []*pending[F]
}

type pending[F graphFloat] struct {
	*request[F]
	done chan error
}

// join adds a member. It returns false if the last one has left.
func (c *company[F]) join() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.members == 0 {
		return false
	}
	c.members++
	return true
}

func (c *company[F]) leave() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.members--; c.members == 0 {
		c.batch.close()
		return
	}
	c.serve()
}

func (c *company[F]) run(q *request[F]) (score, error) {
	p := &pending[F]{q, make(chan error, 1)}
	c.mu.Lock()
	c.waiting = append(c.waiting, p)
	c.serve()
	c.mu.Unlock()
	err := <-p.done
	return q.score, err
}

// serve answers all requests if everyone waits. Those that fit into one program are
// made together.
func (c *company[F]) serve() {
	if len(c.waiting) < c.members {
		return
	}
	for len(c.waiting) > 0 {
		var now, rest []*pending[F]
		var requests []*request[F]
		for _, p := range c.waiting {
			if len(now) == 0 || p.fits(now[0].request) {
				now, requests = append(now, p), append(requests, p.request)
			} else {
				rest = append(rest, p)
			}
		}
		err := c.batch.run(requests)
		for _, p := range now {
			p.done <- err
		}
		c.waiting = rest
	}
}
