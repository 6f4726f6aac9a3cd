import { createHash } from 'node:crypto'
import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { commandLine, unwind } from './unwind.ts'

let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'unwind-usage-'))
})

afterAll(() => rm(folder, { recursive: true, force: true }))

describe('help', () => {
  test('lists every command in the order in which people need them', async () => {
    const { code, stdout, stderr } = await unwind(['--help'])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatchInlineSnapshot(`
      "Usage: unwind [options] [command]

      Takes a service back to a state that worked: planned, approved, resumable,
      proven.

      Options:
        -V, --version              output the version number
        -h, --help                 display help for command

      Rolling back:
        plan [workload]            Show what a rollback would do; changes nothing
        start [workload]           Start a rollback and watch it
        undo <service>             Take the last rollback of a service back

      Looking:
        list                       List rollbacks, the latest first
        get [service]              Show the current or last rollback of a service
        watch <service>            Watch a rollback until it has ended or needs a
                                   person
        history <workload>         List what a workload could be rolled back to
        report <service>           Print the report of a rollback as Markdown
        stats                      Show outcomes and times to decide, mitigate and
                                   recover over the archive
        ready [runbook]            Plan every runbook and change nothing: say what
                                   would stand in its way
        obligations                List what is still owed after rollbacks, or settle
                                   it

      Answering a rollback:
        approve <service>          Say yes to the plan that is shown
        reject <service>           Say no to it; nothing is changed
        retry <service>            Try the parked step again from where it stands
        skip <service>             Go on without the parked step, if it is optional
        done <service>             Say that you did the step by hand; it is still
                                   verified
        compensate <service>       Take back what this rollback has changed
        abort <service>            End it now; reverses nothing and lists what stays
                                   changed
        answer <service> <answer>  Answer the question that the rollback asks
        tick <service> <item>      Tick an item of the checklist
        break-glass <service>      In an emergency, go on without the missing
                                   approvals; pages, and an approval is owed
                                   afterwards
        pause <service>            Stop before the next step; the running one goes on
                                   to its end
        claim <service>            Say that you are driving this rollback
        resume <service>           Go on after a pause

      Runbooks:
        runbook                    List runbooks; check, put in order and draw their
                                   files

      Deploys and releases:
        release                    Record what was deployed, or list it
        may-deploy <service>       Ask whether a service may be deployed now: exit
                                   code 0 is yes, 3 is no, no answer is no
        lock <service>             Lock deploys of a service
        unlock <service>           Take the lock away; denied versions stay denied
        deny <service> [version]   Say that a version is not to be deployed
        automation                 Show what starts by itself, stop it or let it again
        proposal                   Look at what a trigger proposes, and answer it
        drill                      Rehearse the data steps of a runbook: start, stop,
                                   list or schedule drills

      Setting up:
        init                       Look at a cluster, pin it and write unwind.yaml
        setup                      Prepare Temporal and make signing keys; may be run
                                   again
        token                      Make tokens for unwind.yaml

      Running:
        server                     Run everything on this machine: API, worker and a
                                   Temporal of its own
        api                        Run the API in the foreground
        worker                     Run a worker in the foreground
        health                     Say whether rollbacks can be carried out just now
        demo                       Break a shop on a real control plane and roll it
                                   back, three times

      \`unwind <command> --help\` shows what a command takes.

      First steps:
        unwind demo
        unwind init --context <context> -n <namespace>
        unwind server

      Environment variables:
        UNWIND_URL          where the API is (default http://127.0.0.1:7420)
        UNWIND_TOKEN        who asks; or --token-file
        UNWIND_ENVIRONMENT  the environment, where -e is not given
        UNWIND_CONFIG       path of unwind.yaml
        NO_COLOR            no colours

      Exit codes:
          0  done; for a rollback that was watched: recovered
          1  Unwind itself failed
          2  the command, the request or the configuration is not valid
          3  the system does not allow it: nothing to go back to, owned by something else, not healthy
          4  not known who asks, or not allowed
          5  there is no such rollback, object or service
          6  something else is running, or has moved on since it was shown
          7  the API, Temporal, a worker or the system does not answer
          8  the rollback waits for a person: parked, paused, asking, awaiting an approval or a tick
          9  ended, but not recovered: compensated, aborted, rejected or expired; a scenario ended otherwise than expected
        124  --timeout passed; the rollback goes on
        130  Ctrl-C; the rollback goes on
      "
    `)
  })

  test.each(['start', 'plan', 'watch', 'approve', 'compensate', 'init', 'server', 'demo'])(
    'of %s shows what it takes',
    async (command) => {
      const { code, stdout } = await unwind([command, '--help'])
      expect(code).toBe(0)
      expect(stdout).toContain(`Usage: unwind ${command} [options]`)
    },
  )
})

describe('a wrong command line', () => {
  test.each([
    [['strat'], 'Did you mean start?'],
    [[], 'Usage: unwind'],
    [['start', '--to', 'previous', '--reason', 'x', '-e', 'a'], 'Name a workload'],
    [['start', 'deployment/checkout', '-e', 'a'], '--reason'],
    [['start', 'deployment/checkout', '-f', 'x.yaml', '-e', 'a'], 'not both'],
    [['start', '-f', 'absent.yaml'], 'absent.yaml cannot be read (ENOENT)'],
    [['start', '-f', 'broken.yaml'], 'broken.yaml: '],
    [['start', '-f', 'list.yaml'], 'holds no request'],
    [['start', 'deployment/checkout', '--timeout', 'soon'], 'Write a number and a unit'],
    [['get', 'Checkout', '-e', 'a'], '"Checkout" is no name of a service'],
    [['get', 'a/b/c'], 'names no service'],
    [['get', 'staging/checkout', '-e', 'production'], 'give one of them'],
    [['get', 'checkout'], 'Which environment? Name it with -e'],
    [['list', '--url', 'ftp://x'], 'is no http or https address'],
    [['list', '--url', 'http://anna:secret@127.0.0.1'], 'must carry no name or password'],
    [['list', '--token-file', 'absent'], 'The token file absent cannot be read'],
    [['list', '-o', 'xml'], 'Allowed choices are json, yaml, wide'],
    [['approve', 'checkout', '-e', 'a', '--digest', 'xyz'], '--digest takes'],
    [['server'], 'there is no unwind.yaml'],
    [['server', '-c', 'broken.yaml'], 'broken.yaml:1:'],
  ])('%j is refused with exit code 2, and says why', async (args, why) => {
    await writeFile(join(folder, 'broken.yaml'), 'a: [')
    await writeFile(join(folder, 'list.yaml'), '- a')
    const { code, stderr, stdout } = await unwind(args, { cwd: folder, env: { XDG_CONFIG_HOME: folder } })
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain(why)
    expect(stderr).not.toContain('    at ')
    expect(stderr).not.toContain('secret')
  })

  test('naming an API that is not there has exit code 7, and says how to start one', async () => {
    const { code, stderr } = await unwind(['list', '--url', 'http://127.0.0.1:59999'])
    expect(code).toBe(7)
    expect(stderr).toBe(
      'error: Nothing answers at http://127.0.0.1:59999. Start Unwind on this machine with `unwind server`, or say where it is with --url or UNWIND_URL.\n',
    )
  })
})

describe('a token', () => {
  test('is printed alone on stdout, and what to write into unwind.yaml on stderr', async () => {
    const { stdout, stderr, code } = await unwind(['token', 'new'])
    expect(code).toBe(0)
    expect(stdout).toMatch(/^unwind_[\w-]{43}\n$/)
    expect(stderr).toContain(createHash('sha256').update(stdout.trim()).digest('hex'))
    expect(stderr).not.toContain(stdout.trim())
  })

  test('is hashed from stdin, so that no list of processes shows it', async () => {
    const { stdout } = await unwind(['token', 'hash'], { input: 'unwind_abc\n' })
    expect(stdout.trim()).toBe(createHash('sha256').update('unwind_abc').digest('hex'))
    expect((await unwind(['token', 'hash'])).code).toBe(2)
  })
})

test('a reader that closes the pipe early is no error', async () => {
  const child = spawn(process.execPath, commandLine('--help'), { stdio: ['ignore', 'pipe', 'pipe'] })
  child.stdout.destroy()
  let stderr = ''
  child.stderr.on('data', (chunk) => (stderr += String(chunk)))
  const code = await new Promise((resolve) => child.once('close', resolve))
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
})
