// @vitest-environment node
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { send } from '@/uploads/tus'

let server: Server, stored: Buffer, dropped: boolean, filename: string
const offsets: number[] = []

/** The part of tus that the browser talks: creation, HEAD, PATCH. The first PATCH is cut in the middle. */
beforeEach(async () => {
  stored = Buffer.alloc(0)
  dropped = false
  offsets.length = 0
  server = createServer((req, res) => {
    res.setHeader('Tus-Resumable', '1.0.0')
    if (req.method === 'POST') {
      filename = Buffer.from(String(req.headers['upload-metadata']).split(',')[0]!.split(' ')[1]!, 'base64').toString()
      return res.writeHead(201, { Location: '/uploads/abc-123' }).end()
    }
    if (req.method === 'HEAD') return res.writeHead(200, { 'Upload-Offset': stored.length, 'Upload-Length': 3_000_000 }).end()
    offsets.push(Number(req.headers['upload-offset']))
    req.on('data', (part: Buffer) => {
      stored = Buffer.concat([stored, part])
      if (!dropped && stored.length > 500_000) { dropped = true; req.socket.destroy() }
    })
    return req.on('end', () => res.writeHead(204, { 'Upload-Offset': stored.length }).end())
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
})
afterEach(() => { server.closeAllConnections(); server.close() })

test('an upload whose line broke goes on from the byte where it broke and arrives whole', async () => {
  const body = Buffer.alloc(3_000_000, 'узел')
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}/uploads`
  // Node's build of the client takes buffers where a browser gives a File.
  const file = Object.assign(body, { name: 'фото.jpg', type: 'image/jpeg' }) as unknown as File
  let last = 0
  const id = await send(file, (part) => { last = part }, { endpoint, retry: [10, 10, 10] }).done
  expect(id).toBe('abc-123')
  expect(filename).toBe('фото.jpg')
  expect(stored.equals(body)).toBe(true)
  expect(offsets[0]).toBe(0)
  expect(offsets[1]).toBeGreaterThan(0)
  expect(last).toBe(1)
})
