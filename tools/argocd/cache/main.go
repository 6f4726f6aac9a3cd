// Command cache serves the cache that Argo CD keeps in Redis, from memory and on loopback alone: the server that Argo CD's own tests
// use. What is kept in it is disposable by Argo CD's own design, so nothing is written to disk.
package main

import (
	"flag"
	"fmt"
	"log"
	"time"

	"github.com/alicebob/miniredis/v2"
)

var version = "unknown"

func main() {
	address := flag.String("address", "127.0.0.1:6379", "host and port to listen on")
	tell := flag.Bool("version", false, "print the version")
	flag.Parse()
	if *tell {
		fmt.Println("miniredis v" + version)
		return
	}
	server := miniredis.NewMiniRedis()
	if err := server.StartAddr(*address); err != nil {
		log.Fatal(err)
	}
	// Its clock stands still unless it is moved, and keys with a time to live would stay for ever.
	for range time.Tick(time.Second) {
		server.FastForward(time.Second)
	}
}
