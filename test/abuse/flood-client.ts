import { connect } from 'node:net'

import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'

/** A flood from its own thread, so that it does not slow down the measured clients. */
export function startFlood(...given: ConstructorParameters<typeof FloodClient>): () => Promise<void> {
  const worker = new Worker(new URL(import.meta.url), { workerData: given })
  return async () => {
    worker.postMessage('end')
    await new Promise((ended) => worker.once('exit', ended))
  }
}

/** Sends one request repeatedly over many connections, each time after the response to the previous one. */
export class FloodClient {
  readonly #port: number
  readonly #connections: number
  readonly #request: string
  readonly #localAddress: string
  #isEnded = false

  constructor(url: string, connections: number, request: string, localAddress = '127.0.0.1') {
    this.#port = Number(new URL(url).port)
    this.#connections = connections
    this.#request = request
    this.#localAddress = localAddress
  }

  end(): void {
    this.#isEnded = true
  }

  /** The number of responses in this time: with status 200, and all. */
  async run(durationMs: number): Promise<{ readonly answered: number; readonly all: number }> {
    const until = performance.now() + durationMs
    const counts = { answered: 0, all: 0 }
    await Promise.all(Array.from({ length: this.#connections }, () => this.#runOne(until, counts)))
    return counts
  }

  #runOne(until: number, counts: { answered: number; all: number }): Promise<void> {
    return new Promise((done) => {
      const socket = connect({ port: this.#port, host: '127.0.0.1', localAddress: this.#localAddress })
      const timer = setTimeout(() => socket.destroy(), until - performance.now() + 500)
      socket.setEncoding('latin1').on('error', () => undefined)
      socket.once('close', () => {
        clearTimeout(timer)
        done()
      })
      let received = ''
      const send = () => {
        if (this.#isEnded || performance.now() > until) socket.destroy()
        else socket.write(this.#request)
      }
      socket.once('connect', send)
      socket.on('data', (text: string) => {
        received += text
        const head = received.indexOf('\r\n\r\n')
        if (head < 0) return
        const length = Number(/content-length: (\d+)/i.exec(received)?.[1] ?? 0)
        if (received.length < head + 4 + length) return
        counts.all++
        if (received.startsWith('HTTP/1.1 200')) counts.answered++
        received = ''
        send()
      })
    })
  }
}

if (!isMainThread && Array.isArray(workerData)) {
  const [url, connections, request, localAddress] = workerData
  const client = new FloodClient(url, connections, request, localAddress)
  parentPort?.once('message', () => client.end())
  await client.run(60_000)
  process.exit()
}
