import { z } from 'zod'

const Registry = z
  .string()
  .max(260)
  .regex(/^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::\d{1,5})?$/, 'write the registry as images name it: host, or host:port')

/** How plans ask the registries of the images that they lead to. */
export const ImageSettings = z
  .strictObject({
    private: z
      .array(Registry)
      .max(50)
      .default([])
      .describe('Registries that may lie in a private network; asked over https like all others.'),
    plain: z
      .array(Registry)
      .max(20)
      .default([])
      .describe('Registries that are asked over http. They may lie in a private network or on this machine.'),
  })
  .describe(
    'Plans ask the registries whether the images still exist and are those that ran, with the pull secrets of the pods. Default: nobody asks.',
  )
export type ImageSettings = z.infer<typeof ImageSettings>
