import { randomUUID } from 'node:crypto'
import type { Socket } from 'node:net'
import { STATUS_CODES } from 'node:http'
import { UnwindError } from '../../model/errors.ts'
import { problemDocument } from './problem.ts'

/** Answers what is not even HTTP, or came too slowly, before any route has seen it: a problem document like all others. */
export function answerBrokenRequest(error: NodeJS.ErrnoException, socket: Socket): void {
  // A connection that is gone, or whose answer has begun, can't be told anything.
  if (error.code === 'ECONNRESET' || !socket.writable || socket.bytesWritten > 0) {
    socket.destroy()
    return
  }
  const document = problemDocument(new UnwindError('INVALID_REQUEST', WHY[error.code ?? ''] ?? WHY['']), randomUUID())
  const body = JSON.stringify(document)
  const head = [
    `HTTP/1.1 ${document.status} ${STATUS_CODES[document.status]}`,
    'content-type: application/problem+json',
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ]
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`)
}

const WHY: Record<string, string> & { '': string } = {
  '': 'the request is not valid HTTP; mend the client, or send it again',
  HPE_HEADER_OVERFLOW: 'the headers are larger than 16 KiB; send fewer or smaller ones',
  ERR_HTTP_REQUEST_TIMEOUT: 'the request did not arrive within its time; send it again',
}
