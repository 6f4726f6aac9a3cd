// Command git-ssh serves the bare repositories of a folder over SSH, by git's own upload-pack and receive-pack, to one key.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"

	"golang.org/x/crypto/ssh"
)

var version = "unset"

func main() {
	address := flag.String("address", "127.0.0.1:0", "where it listens")
	root := flag.String("root", ".", "folder of the repositories")
	hostKey := flag.String("host-key", "", "path of its private key")
	authorized := flag.String("authorized-key", "", "path of the public key that may do all")
	shown := flag.Bool("version", false, "print the version")
	flag.Parse()
	if *shown {
		fmt.Println(version)
		return
	}
	config, err := configOf(*hostKey, *authorized)
	if err != nil {
		log.Fatal(err)
	}
	listener, err := net.Listen("tcp", *address)
	if err != nil {
		log.Fatal(err)
	}
	for {
		connection, err := listener.Accept()
		if err != nil {
			log.Fatal(err)
		}
		go serve(connection, config, *root)
	}
}

func configOf(hostKey, authorized string) (*ssh.ServerConfig, error) {
	private, err := os.ReadFile(hostKey)
	if err != nil {
		return nil, err
	}
	signer, err := ssh.ParsePrivateKey(private)
	if err != nil {
		return nil, err
	}
	public, err := os.ReadFile(authorized)
	if err != nil {
		return nil, err
	}
	known, _, _, _, err := ssh.ParseAuthorizedKey(public)
	if err != nil {
		return nil, err
	}
	config := &ssh.ServerConfig{PublicKeyCallback: func(_ ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
		if string(key.Marshal()) != string(known.Marshal()) {
			return nil, errors.New("unknown key")
		}
		return nil, nil
	}}
	config.AddHostKey(signer)
	return config, nil
}

func serve(connection net.Conn, config *ssh.ServerConfig, root string) {
	defer connection.Close()
	_, channels, requests, err := ssh.NewServerConn(connection, config)
	if err != nil {
		return
	}
	go ssh.DiscardRequests(requests)
	for offered := range channels {
		if offered.ChannelType() != "session" {
			_ = offered.Reject(ssh.UnknownChannelType, "sessions only")
			continue
		}
		channel, asked, err := offered.Accept()
		if err != nil {
			return
		}
		go session(channel, asked, root)
	}
}

// What git asks for over SSH; nothing else is carried out, and no shell.
var command = regexp.MustCompile(`^git-(upload|receive)-pack '/?([A-Za-z0-9._-]+\.git)'$`)

func session(channel ssh.Channel, asked <-chan *ssh.Request, root string) {
	defer channel.Close()
	for request := range asked {
		var said struct{ Command string }
		if request.Type != "exec" || ssh.Unmarshal(request.Payload, &said) != nil {
			_ = request.Reply(request.Type == "env", nil)
			continue
		}
		_ = request.Reply(true, nil)
		code := carryOut(channel, said.Command, root)
		_, _ = channel.SendRequest("exit-status", false, ssh.Marshal(struct{ Status uint32 }{code}))
		return
	}
}

func carryOut(channel ssh.Channel, asked, root string) uint32 {
	found := command.FindStringSubmatch(asked)
	if found == nil {
		fmt.Fprintln(channel.Stderr(), "fatal: only git is served")
		return 128
	}
	git := exec.Command("git", found[1]+"-pack", filepath.Join(root, found[2]))
	git.Stdout, git.Stderr = channel, channel.Stderr()
	input, err := git.StdinPipe()
	if err != nil || git.Start() != nil {
		return 127
	}
	go func() {
		_, _ = io.Copy(input, channel)
		_ = input.Close()
	}()
	if err := git.Wait(); err != nil {
		return 128
	}
	return 0
}
