import { Upload } from 'tus-js-client'
import { apiUrl } from '@/api/http'

const RETRY_MS = [0, 1000, 3000, 5000, 10_000]
const CHUNK = 4 * 1024 * 1024

export interface Sending {
  /** Resolves with the upload's id once every byte has arrived. */
  done: Promise<string>
  stop: () => void
}

/** Sends one file in pieces; a broken line is picked up at the byte where it broke. `progress` is told 0..1. */
export function send(file: File, progress: (part: number) => void, { endpoint = apiUrl('/uploads'), retry = RETRY_MS } = {}): Sending {
  let upload: Upload
  const done = new Promise<string>((resolve, reject) => {
    upload = new Upload(file, {
      endpoint, retryDelays: retry, chunkSize: CHUNK, removeFingerprintOnSuccess: true,
      headers: { 'X-Uzel-Client': 'web' },
      metadata: { filename: file.name, filetype: file.type || 'application/octet-stream' },
      onProgress: (sent, total) => progress(total ? sent / total : 1),
      onError: reject,
      onSuccess: () => resolve(upload.url!.split('?')[0]!.replace(/\/$/, '').split('/').at(-1)!),
    })
    upload.start()
  })
  return { done, stop: () => void upload.abort(true) }
}
